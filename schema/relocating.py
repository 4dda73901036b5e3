"""Overruling routing: a person says from where units come, or where they are collected."""

import strawberry

from actions.orders import relocating
from domain.errors import BlockedByHold, IllegalTransition, InsufficientStock
from domain.permissions import Permission
from schema.fields import root
from schema.inputs import given, ref
from schema.later import ORDER_VERSION, Order
from schema.mutations import action


@strawberry.input(description="A location that serves what nobody works on yet of an order, whatever rules say.")
class ChooseLocationInput:
    order_id: strawberry.ID = ref("The order.", "Order")
    location_id: strawberry.ID = ref(
        "From where what ships is sent, and where what is collected is handed over.", "Location"
    )
    reason: str = given("Why.", at_least=1, at_most=relocating.MAX_REASON_CHARACTERS)
    line_ids: list[strawberry.ID] | None = ref(
        "Only these lines; all that nobody works on if left out. Kits move whole, with all lines.",
        "OrderLine",
        default=None,
    )
    expected_version: int | None = given(ORDER_VERSION, default=None)


@root
class RelocatingMutations:
    choose_location: Order = action(
        "Serve an order from a location that you choose, or let the customer collect it there: all that is named, or nothing. "
        "What the location before has not accepted is taken back from it; an order that nobody could serve is let go.",
        relocating.choose_location,
        ChooseLocationInput,
        refuses=(IllegalTransition, BlockedByHold, InsufficientStock),
        needs=Permission.CHANGE_ORDERS,
    )
