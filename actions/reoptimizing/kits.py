"""Kits among units that are read to be routed together again: they move whole, each as one demand."""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from domain.routing.kits import Bundle

Group = tuple[UUID, str, UUID | None]
"""A kit of an order, the status of some of its units, and where those are."""


def are_whole(units: Sequence[Mapping[str, Any]]) -> bool:
    """Whether the order's kits, if it has any, stand whole in every place; else nobody is to move half of one."""
    groups = _by_group([row for row in units if row["kit_id"] is not None])
    return all(
        len(there) == there[0]["components"]
        and len({divmod(row["quantity"], row["in_one"]) for row in there}) == 1
        and not there[0]["quantity"] % there[0]["in_one"]
        for there in groups.values()
    )


def bundled(units: Sequence[Mapping[str, Any]]) -> list[Bundle]:
    """The kits among an order's units, which stand whole: those in one place and status are one bundle."""
    at = {row["id"]: position for position, row in enumerate(units)}
    return [
        Bundle(
            there[0]["kit_variant_id"],
            there[0]["kit_category"],
            there[0]["quantity"] // there[0]["in_one"],
            tuple(at[row["id"]] for row in there),
            tuple(row["in_one"] for row in there),
        )
        for there in _by_group([row for row in units if row["kit_id"] is not None]).values()
    ]


def _by_group(rows_of_kits: Sequence[Mapping[str, Any]]) -> dict[Group, list[Mapping[str, Any]]]:
    found: dict[Group, list[Mapping[str, Any]]] = {}
    for row in rows_of_kits:
        found.setdefault((row["kit_id"], row["status"], row["location_id"]), []).append(row)
    return found
