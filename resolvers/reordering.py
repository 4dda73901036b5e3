"""What reorder rules suggest, for the locations the viewer may order for, and the drafts that were made of it."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Annotated
from uuid import UUID

import strawberry

from actions.reordering import OrderSuggestions, SetReorderRule, suggestions
from domain.viewer import Viewer
from models import PurchaseOrder, ReorderRule
from resolvers.context import Info
from resolvers.fulfilment import check_locations, is_confined
from resolvers.ids import uuid_of
from resolvers.scopes import seen
from resolvers.visible import PURCHASE_ORDERS, REORDER_RULES


@dataclass(frozen=True, slots=True, kw_only=True)
class Suggested:
    rule: ReorderRule
    available: int
    in_transit: int
    on_order: int
    drafted: int
    backordered: int
    sold_units: int
    days_of_supply: int | None
    quantity: int
    expected_on: date


async def suggested(
    info: Info,
    location_ids: Annotated[
        list[strawberry.ID] | None, strawberry.argument(description="Only for these locations.")
    ] = None,
    vendor_ids: Annotated[
        list[strawberry.ID] | None, strawberry.argument(description="Only from these vendors.")
    ] = None,
) -> list[Suggested]:
    """Raises `BadId`, and Forbidden for a location that is not the viewer's."""
    viewer = info.context.viewer
    locations = tuple(uuid_of("Location", each) for each in location_ids) if location_ids is not None else None
    vendors = tuple(uuid_of("Vendor", each) for each in vendor_ids) if vendor_ids is not None else None
    wanted = for_own_locations(viewer, OrderSuggestions(location_ids=locations, vendor_ids=vendors))
    found = await suggestions(viewer.organization_id, info.context.clock(), wanted)
    visible = seen(ReorderRule, REORDER_RULES, viewer).filter(id__in=[each.rule_id for each in found])
    rules = {rule.id: rule for rule in await visible}
    return [
        Suggested(
            rule=rules[each.rule_id],
            available=each.available,
            in_transit=each.in_transit,
            on_order=each.on_order,
            drafted=each.drafted,
            backordered=each.backordered,
            sold_units=each.sold,
            days_of_supply=each.days_of_supply,
            quantity=each.quantity,
            expected_on=each.expected_on,
        )
        for each in found
        if each.rule_id in rules
    ]


async def drafts_of(info: Info, order_ids: Sequence[UUID]) -> list[PurchaseOrder]:
    """In the order they were made."""
    info.context.forget()
    return await seen(PurchaseOrder, PURCHASE_ORDERS, info.context.viewer).filter(id__in=order_ids).order_by("id")


def for_own_locations(viewer: Viewer, command: OrderSuggestions) -> OrderSuggestions:
    """All means all of the viewer's own. Raises Forbidden."""
    if not is_confined(viewer):
        return command
    if command.location_ids is None:
        return replace(command, location_ids=viewer.location_ids)
    check_locations(viewer, command.location_ids)
    return command


def at_own_location(viewer: Viewer, command: SetReorderRule) -> SetReorderRule:
    """Raises Forbidden for a rule for somewhere else."""
    if is_confined(viewer):
        check_locations(viewer, [command.location_id])
    return command
