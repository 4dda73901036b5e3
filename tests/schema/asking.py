"""Ask the graph as a client would."""

from typing import Any

import pytest
from tortoise import Tortoise

from domain.viewer import Viewer
from resolvers.context import Context
from schema.build import schema


async def ask(
    query: str, viewer: Viewer, variables: dict[str, Any] | None = None, *, of: Any = schema, **context: Any
) -> dict[str, Any]:
    """The plain executor's answer, as it goes over the wire. `context` is what the process brings along."""
    result = await of.execute(query, variables, context_value=Context(viewer=viewer, **context))
    answer: dict[str, Any] = {"data": result.data}
    if result.errors:
        answer["errors"] = [error.formatted for error in result.errors]
    return answer


def sent_from_now(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Fills with the statements that readers send."""
    sent: list[str] = []
    client = type(Tortoise.get_connection("default"))
    real = client.execute_query_dict

    async def counted(self: Any, query: str, values: Any = None) -> Any:
        sent.append(query)
        return await real(self, query, values)

    monkeypatch.setattr(client, "execute_query_dict", counted)
    return sent


def messages(answer: dict[str, Any]) -> list[str]:
    return [error["message"] for error in answer.get("errors", [])]


def codes(answer: dict[str, Any]) -> list[str]:
    return [error.get("extensions", {}).get("code") for error in answer.get("errors", [])]
