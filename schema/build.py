"""Puts the areas together into one schema, and refuses to start when a declaration is wrong.

An area is a module with `…Queries`, `…Mutations` and `…Subscriptions` classes; add a new one to `AREAS`.
"""

from types import ModuleType
from typing import Any

import strawberry
from strawberry.extensions import SchemaExtension
from strawberry.schema.config import StrawberryConfig
from strawberry.tools import merge_types

from schema import (
    availability,
    backorders,
    cancelling,
    carriers,
    cartons,
    catalogue,
    chaining,
    channels,
    consolidating,
    counting,
    customers,
    fulfilment,
    holds,
    inventory,
    kits,
    live,
    location_groups,
    locations,
    merging,
    nodes,
    orders,
    parcels,
    payments,
    picking,
    pickups,
    placing,
    positions,
    promise_rules,
    promising,
    purchasing,
    quota_plans,
    quotas,
    relocating,
    reoptimizing,
    reordering,
    routing,
    routing_rules,
    simulating,
    staff,
    substitutions,
    supplies,
    transfers,
    viewer,
)
from schema.access import EnforceNeeds, bare_fields
from schema.errors import HANDLERS
from schema.idempotency import with_idempotency
from schema.limits import QueryLimits
from schema.masking import MaskUnexpected, NoIntrospection
from schema.undescribed import undescribed
from schema.values import SCALARS

AREAS: tuple[ModuleType, ...] = (
    viewer,
    nodes,
    catalogue,
    channels,
    locations,
    inventory,
    quotas,
    quota_plans,
    availability,
    kits,
    transfers,
    purchasing,
    chaining,
    reordering,
    counting,
    positions,
    customers,
    staff,
    orders,
    merging,
    relocating,
    holds,
    cancelling,
    backorders,
    substitutions,
    placing,
    supplies,
    promise_rules,
    promising,
    fulfilment,
    picking,
    pickups,
    parcels,
    consolidating,
    carriers,
    cartons,
    payments,
    routing,
    routing_rules,
    simulating,
    location_groups,
    reoptimizing,
    live,
)
# Masking is outermost so that it sees every error; limits come before anything that looks at the document.
EXTENSIONS: list[type[SchemaExtension]] = [MaskUnexpected, QueryLimits, NoIntrospection, EnforceNeeds]
ROOTS = {
    "Queries": ("Query", "Everything that can be asked."),
    "Mutations": ("Mutation", "Everything that can be changed."),
    "Subscriptions": ("Subscription", "Everything that can be watched."),
}


def build(areas: tuple[ModuleType, ...] = AREAS) -> strawberry.Schema:
    """Raises a TypeError that names every field without an access rule or a description."""
    query, mutation, subscription = (_root(areas, suffix) for suffix in ROOTS)
    assert query is not None, "an area has queries"
    built = strawberry.Schema(
        query=query,
        mutation=mutation,
        subscription=subscription,
        exception_handlers=HANDLERS,
        extensions=EXTENSIONS,
        config=StrawberryConfig(scalar_map=SCALARS),
    )
    with_idempotency(built._schema)  # noqa: SLF001
    if bare := bare_fields(built._schema):  # noqa: SLF001
        raise TypeError(f"These fields say nothing about who may read them: {', '.join(bare)}.")
    if mute := undescribed(built._schema):  # noqa: SLF001
        raise TypeError(f"These have no description: {', '.join(mute)}.")
    return built


def _root(areas: tuple[ModuleType, ...], suffix: str) -> type[Any] | None:
    name, description = ROOTS[suffix]
    parts = tuple(
        part
        for area in areas
        for part in vars(area).values()
        if isinstance(part, type) and part.__name__.endswith(suffix) and part.__module__ == area.__name__
    )
    if not parts:
        return None
    merged = merge_types(name, parts)
    definition: Any = getattr(merged, "__strawberry_definition__")  # noqa: B009 -- Strawberry puts it there
    definition.description = description
    return merged


schema = build()
