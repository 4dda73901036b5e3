"""Orders that may not wait, with lines for which something else may be sent: whole at once, or refused.

Such an order is tried at the desk like any other. Only when it is refused for want of stock it is placed here, in one
transaction with what is sent instead: where automatic substitutes do not cover all that is missing, nothing is done.
"""

from contextlib import suppress
from dataclasses import replace
from typing import Final
from uuid import UUID

import asyncpg

from actions import levels
from actions.acting import Act, action
from actions.desk import Desk
from actions.orders import placing
from actions.orders.reading import read_carts
from actions.substituting.automatic import substitute_order
from domain.errors import InsufficientStock
from domain.placing.commands import PlaceOrder
from models.db import connection, rows

KEY: Final = "{}/substituted"
"""The key of the second try: the first one has kept its refusal."""

# All that the order may touch, its cart's included, so that it is locked in one order.
TOUCHED: Final = """
SELECT variant_id FROM unnest($1::uuid[]) AS u(variant_id)
UNION SELECT component_variant_id FROM kit_components WHERE kit_variant_id = ANY($1)
UNION SELECT substitute_id FROM substitutes WHERE variant_id = ANY($1) AND is_automatic"""
WAITING: Final = """
SELECT EXISTS (SELECT FROM line_status
    WHERE order_id = $1 AND status IN ('placed', 'backordered', 'unscheduled')) AS is_waiting"""


async def place(act: Act, desk: Desk, command: PlaceOrder) -> UUID:
    """Place an order; what of it is not in stock and may be substituted is, at once. Refused as `Desk.place` says.

    One that may not wait is refused as it was asked for, when substitutes do not cover all that is missing.
    """
    if not any(line.allow_substitutes for line in command.lines):
        return await desk.place(act, command)
    try:
        order_id = await desk.place(act, command)
    except InsufficientStock as refusal:
        return await _place_whole(act, command, refusal)
    await substitute_order(replace(act, key=None), order_id)
    return order_id


async def _place_whole(act: Act, command: PlaceOrder, refusal: InsufficientStock) -> UUID:
    own = replace(act, key=KEY.format(act.key)) if act.key else act
    with suppress(asyncpg.UniqueViolationError):  # the channel sent it twice at once: then the first order is there
        return await _place(own, command, refusal)
    return await _place(own, command, refusal)


@action
async def _place(act: Act, command: PlaceOrder, refusal: InsufficientStock) -> UUID:
    """Raises the refusal, with nothing done, when some of it would wait."""
    asked = placing.asked(replace(act, key=None), command)
    carts = {(act.organization_id, command.cart)} if command.cart else set()
    kept = await read_carts(connection(), carts, lock=True)
    ordered = {line.variant_id for line in command.lines} | {row["variant_id"] for row in kept}
    await levels.lock_variants(row["variant_id"] for row in await rows(TOUCHED, [list(ordered)]))
    order_id, is_new = await placing.place_short(connection(), asked)
    if is_new:
        await substitute_order(replace(act, key=None), order_id)
        [left] = await rows(WAITING, [order_id])
        if left["is_waiting"]:
            raise refusal
    return order_id
