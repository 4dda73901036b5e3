"""Each refusal of the domain has a type of its own, with its data."""

import ast
import inspect
from pathlib import Path
from uuid import UUID

import pytest

from domain import errors
from domain.errors import DomainError, InputProblem
from resolvers.ids import global_id
from resolvers.seeing import in_words
from schema.build import schema
from schema.errors import DESCRIPTIONS, Problem, data_of, problem_of, problem_type, type_of
from schema.values import Minor

ROOT = Path(__file__).parents[2]
REFUSALS = [
    kind
    for _, kind in inspect.getmembers(errors, inspect.isclass)
    if issubclass(kind, DomainError) and "code" in vars(kind)
]


@pytest.mark.parametrize("refusal", REFUSALS)
def test_every_refusal_is_described_and_has_its_fields(refusal: type[DomainError]) -> None:
    made = problem_type(refusal)

    assert issubclass(made, Problem)
    assert refusal in DESCRIPTIONS
    names = {field.python_name for field in made.__strawberry_definition__.fields}
    assert names == {"code", "message", *list(inspect.signature(refusal.__init__).parameters)[1:]}


def test_a_refusal_shows_its_data_in_the_graphs_words() -> None:
    short = problem_of(errors.InsufficientStock({"b": 2, "a": 1}))
    owed = problem_of(errors.NotPaid(3_000_000_000, 1, "USD"))
    wrong = problem_of(errors.InvalidInput([InputProblem("ship_to.postal_code", "BAD_POSTAL_CODE", "No such place.")]))

    assert [(line.sku, line.units) for line in short.missing] == [("a", 1), ("b", 2)]
    assert (owed.code, owed.needed_minor, owed.currency) == ("NOT_PAID", 3_000_000_000, "USD")
    assert problem_type(errors.NotPaid).__annotations__["needed_minor"] is Minor
    assert [(each.path, each.code) for each in wrong.problems] == [(["shipTo", "postalCode"], "BAD_POSTAL_CODE")]


def test_what_is_wrong_with_all_that_was_sent_has_no_path() -> None:
    refusal = errors.InvalidInput([InputProblem("", "KIT_INCOMPLETE", "The kit would leave in part.")])

    shown = problem_of(refusal)

    assert (str(refusal), shown.message) == ("The kit would leave in part.", "The kit would leave in part.")
    assert [each.path for each in shown.problems] == [[]]


def test_what_was_not_found_is_told_in_words_and_its_id_as_data() -> None:
    line, named = errors.NotFound("order line", UUID(int=1)), errors.NotFound("vendor", "ACME")

    shown = problem_of(line)

    assert (shown.kind, shown.key) == ("order line", global_id("OrderLine", UUID(int=1)))
    assert shown.message == str(line) == "The order line was not found; there is none, or it belongs to somebody else."
    assert data_of(named) == {"code": "NOT_FOUND", "kind": "vendor", "key": "ACME"}


def test_whatever_may_not_be_found_has_a_type_in_the_graph() -> None:
    kinds = set().union(
        *(_kinds_not_found(path) for part in ("actions", "resolvers") for path in (ROOT / part).rglob("*.py"))
    )
    things = schema._schema.get_implementations(schema._schema.type_map["Node"]).objects

    assert {"order", "line", "routing rule"} <= kinds
    assert {kind for kind in kinds if type_of(kind) not in schema._schema.type_map} == set()
    assert {kind.name for kind in things if type_of(in_words(kind.name)) != kind.name} == set()


def _kinds_not_found(path: Path) -> set[str]:
    calls = [
        node.args[0]
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "NotFound"
    ]
    return {call.value for call in calls if isinstance(call, ast.Constant)}


def test_keys_in_a_refusal_are_ids_of_the_graph() -> None:
    class Busy(DomainError):
        code = "BUSY"

        def __init__(self, stock_level_id: UUID, until: str | None = None) -> None:
            super().__init__("Busy.")
            self.stock_level_id, self.until = stock_level_id, until

    DESCRIPTIONS[Busy] = "For this test."
    shown = problem_of(Busy(UUID(int=1)))
    del DESCRIPTIONS[Busy]

    assert shown.stock_level_id == global_id("StockLevel", UUID(int=1))
    assert shown.until is None
