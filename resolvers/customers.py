"""What customers bought, and who may change them."""

import json
from functools import cache
from typing import TypeVar
from uuid import UUID

from strawberry import Parent

from actions.customers import UpdateCustomer
from domain.errors import Forbidden
from domain.money import Money
from domain.permissions import Permission
from domain.validation import KEEP
from domain.viewer import Audience, Viewer
from models import Customer
from resolvers.context import Info
from resolvers.sources import Sql
from resolvers.visible import ORDERS

C = TypeVar("C")


async def order_count(info: Info, customer: Parent[Customer]) -> int:
    return sum(count for _, count, _ in await _bought(info, customer))


async def volume(info: Info, customer: Parent[Customer]) -> list[Money]:
    return [Money(minor, currency) for currency, _, minor in await _bought(info, customer)]


async def _bought(info: Info, customer: Customer) -> list[tuple[str, int, int]]:
    """(currency, orders, minor units) of the orders that the viewer may see, but for drafts and cancelled ones."""
    found: str = await info.context.loaders.computed(_bought_by(info.context.viewer.audience), customer)
    return [tuple(each) for each in json.loads(found)]


@cache
def _bought_by(audience: Audience) -> Sql:
    rule = ORDERS.rule(audience)
    assert isinstance(rule, str), "orders are scoped by text"
    visible = rule.replace("{row}", "o")
    return Sql(
        "(SELECT coalesce(json_agg(json_build_array(currency, orders, minor) ORDER BY currency), '[]')::text FROM ("
        "SELECT o.currency, count(*) AS orders, sum(o.total_minor) AS minor FROM orders o"
        f" WHERE o.customer_id = {{row}}.id AND o.status NOT IN ('draft', 'cancelled') AND ({visible})"
        " GROUP BY o.currency) bought)"
    )


def on_own_behalf(viewer: Viewer, command: C) -> C:
    """Staff by permission, customers themselves: profile, addresses and contacts. Raises Forbidden."""
    if Permission.CHANGE_CUSTOMERS in viewer.permissions:
        return command
    customer_id: UUID | None = getattr(command, "customer_id", None)
    is_own = customer_id is not None and customer_id == viewer.customer_id
    if not is_own or Permission.CHANGE_OWN_PROFILE not in viewer.permissions:
        raise Forbidden("You may not change this customer.")
    if isinstance(command, UpdateCustomer) and (command.segment is not KEEP or command.kind is not KEEP):
        raise Forbidden("Kind and segment are for the merchant to say.")
    return command
