"""The word `action`: a field of Mutation that does one action and answers with the changed thing or a refusal.

    @root
    class OrderMutations:
        cancel_order: Order = action(
            "Cancel what has not been released yet.",
            orders.cancel,
            CancelOrderInput,
            refuses=(IllegalTransition, Conflict),
            needs=Permission.CANCEL_ORDERS,
        )

The annotation is the type of the changed thing; the field's type becomes the union `CancelOrderResult` of it and the
refusals. InvalidInput, NotFound and KeyReused are always among them. What happens, in order: the input becomes the
command of the action (`schema/inputs.py`), everything it names is looked up in the viewer's scope, `prepare` from
`resolvers/` may fill in or refuse on the viewer's behalf, the action runs and commits, the changed thing is read anew.

An action that is declared to take the payment providers, the carriers or the desk between act and command, `does(act, gateways,
command)`, is given those of the process.
"""

import typing
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from inspect import Parameter, Signature
from typing import Annotated, Any, TypeVar, Union
from uuid import UUID

import strawberry
from graphql import GraphQLError
from strawberry.types.field import StrawberryField

from actions.acting import Act
from actions.carriers import Carriers
from actions.desk import Desk
from actions.gateways import Gateways
from domain.errors import Conflict, DomainError, InvalidInput, KeyReused, NotFound
from domain.permissions import Permission
from domain.viewer import Viewer
from resolvers.acting import act_of
from resolvers.context import Info
from resolvers.declared import own_entity
from resolvers.ids import global_id
from resolvers.seeing import check_seen, row_of
from resolvers.sources import Entity
from schema.errors import as_told_to, data_of, problem_type, said
from schema.inputs import command_of, mismatches

T = TypeVar("T")
ALWAYS = (InvalidInput, NotFound, KeyReused)
BROUGHT: dict[type[Any], Callable[[Info], object]] = {
    Gateways: lambda info: info.context.gateways,
    Carriers: lambda info: info.context.carriers,
    Desk: lambda info: info.context.desk,
    Viewer: lambda info: info.context.viewer,
}


@dataclass(frozen=True, slots=True)
class Refuses:
    """The refusals of a mutation field, beside the type it is annotated with."""

    errors: tuple[type[DomainError], ...]


def action(  # noqa: PLR0913 -- one declaration, said in keywords
    description: str,
    does: Callable[..., Awaitable[Any]],
    takes: type[Any],
    *,
    refuses: tuple[type[DomainError], ...] = (),
    needs: Permission,
    needs_key: bool = False,
    prepare: Callable[[Viewer, Any], Any] | None = None,
    answer: Callable[[Info, Any], Awaitable[Any]] | None = None,
) -> Any:
    """A change. With `needs_key`, it is refused without an idempotency key, and says so.

    What `does` returns is the id of the changed thing, unless `answer` makes an object of the annotated type of it.
    """
    brought, command = _taken_by(does)
    if wrong := list(mismatches(command, takes)):
        raise TypeError(f"{takes.__name__} does not fill {command.__name__}: {', '.join(wrong)}.")
    if any(field.python_name == "expected_version" for field in takes.__strawberry_definition__.fields):
        refuses = (*refuses, Conflict)
    declared = tuple(dict.fromkeys((*ALWAYS, *refuses)))

    async def resolve(info: Info, input: Any) -> Any:
        act = act_of(info, needs_key=needs_key)
        try:
            given, named = command_of(command, input)
            await check_seen(info, named)
            prepared = prepare(info.context.viewer, given) if prepare else given
            done = await does(act, *(bring(info) for bring in brought), prepared)
        except DomainError as refusal:
            if type(refusal) in declared:
                raise
            told = as_told_to(info.context.viewer, refusal)
            raise GraphQLError(said(told), extensions=data_of(told)) from refusal
        return await (answer or changed)(info, done)

    told: Any = Annotated[takes, strawberry.argument(description="What to change, and how.")]
    described: Any = resolve
    described.__signature__ = Signature(
        [
            Parameter("info", Parameter.KEYWORD_ONLY, annotation=Info),
            Parameter("input", Parameter.KEYWORD_ONLY, annotation=told),
        ],
        return_annotation=Any,
    )
    metadata = {Permission: needs, Refuses: Refuses(declared)}
    description = f"{description} Needs a key." if needs_key else description
    return strawberry.field(resolver=resolve, description=description, metadata=metadata)


async def changed(info: Info, key: UUID) -> Any:
    """What a committed action changed, read by the same declarations as any query, with nothing remembered."""
    info.context.forget()
    entity = _entity_of_result(info)
    row = await row_of(info, entity, key)
    if row is None:
        raise GraphQLError(
            f"Done, but you may not see the {entity.name}.",
            extensions={"code": "DONE_UNSEEN", "id": global_id(entity.name, key)},
        )
    return row


def with_results(cls: type[T]) -> type[T]:
    """Each `action` of a root class gets the union of its annotation and its refusals as its type."""
    for name, kind in list(cls.__annotations__.items()):
        field = cls.__dict__.get(name)
        if isinstance(field, StrawberryField) and Refuses in field.metadata:
            title = "".join(word.title() for word in name.split("_"))
            told = strawberry.union(f"{title}Result", description="The changed thing, or why it was not changed.")
            members = (kind, *(problem_type(error) for error in field.metadata[Refuses].errors))
            cls.__annotations__[name] = Annotated[Union[members], told]  # noqa: UP007 -- made at run time
    return cls


def _taken_by(does: Callable[..., Any]) -> tuple[list[Callable[[Info], object]], type[Any]]:
    """What the process has to bring, and the type of the command."""
    hints = {name: kind for name, kind in typing.get_type_hints(does).items() if name != "return"}
    kinds = [kind for kind in hints.values() if kind is not Act]
    (command,) = (kind for kind in kinds if kind not in BROUGHT)
    return [BROUGHT[kind] for kind in kinds if kind in BROUGHT], command


def _entity_of_result(info: Info) -> Entity:
    union: Any = info._raw_info.return_type  # noqa: SLF001
    union = getattr(union, "of_type", union)
    (entity,) = (entity for kind in getattr(union, "types", [union]) if (entity := own_entity(kind)))
    return entity
