"""From a request to an act: who acts, when, and under which idempotency key."""

from graphql import (
    DirectiveLocation,
    GraphQLArgument,
    GraphQLDirective,
    GraphQLError,
    GraphQLNonNull,
    GraphQLString,
    value_from_ast_untyped,
)

from actions.acting import Act
from resolvers.context import Info

MIN_KEY_CHARACTERS, MAX_KEY_CHARACTERS = 8, 128

IDEMPOTENT = GraphQLDirective(
    "idempotent",
    [DirectiveLocation.FIELD],
    {
        "key": GraphQLArgument(
            GraphQLNonNull(GraphQLString),
            description=f"Yours to choose, unique to this change: {MIN_KEY_CHARACTERS} to {MAX_KEY_CHARACTERS} visible"
            " ASCII characters, a UUID for example.",
        )
    },
    description="Makes a change safe to send again: the same key has one effect, and is answered alike each time.",
)


def act_of(info: Info, *, needs_key: bool = False) -> Act:
    """The act that this mutation field asks for. Raises a GraphQLError when its key is missing or malformed."""
    viewer = info.context.viewer
    return Act(
        organization_id=viewer.organization_id,
        actor=viewer.principal,
        now=info.context.clock(),
        key=key_of(info, is_needed=needs_key),
    )


def key_of(info: Info, *, is_needed: bool) -> str | None:
    given = _given_key(info)
    if given is None:
        if is_needed:
            raise GraphQLError(
                f'`{info.field_name}` needs a key, so that it can be sent again: {info.field_name}(…) @idempotent(key: "…").',
                extensions={"code": "IDEMPOTENCY_KEY_REQUIRED"},
            )
        return None
    if not MIN_KEY_CHARACTERS <= len(given) <= MAX_KEY_CHARACTERS or not all("!" <= letter <= "~" for letter in given):
        raise GraphQLError(
            f"An idempotency key has {MIN_KEY_CHARACTERS} to {MAX_KEY_CHARACTERS} visible ASCII characters.",
            extensions={"code": "BAD_IDEMPOTENCY_KEY"},
        )
    return given


def _given_key(info: Info) -> str | None:
    directives = info._raw_info.field_nodes[0].directives or ()  # noqa: SLF001
    for directive in directives:
        if directive.name.value == IDEMPOTENT.name:
            (key,) = directive.arguments or ()
            return str(value_from_ast_untyped(key.value, info.variable_values))
    return None
