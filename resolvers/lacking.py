"""What somebody lacks, in words: permissions are told as what they allow, with their names as data."""

from collections.abc import Mapping, Sequence
from typing import Final

from graphql import FieldNode, GraphQLError

from domain.permissions import Permission

ALLOWS: Final[Mapping[Permission, str]] = {
    Permission.READ_CATALOGUE: "see the catalogue",
    Permission.READ_AVAILABILITY: "see what is available where",
    Permission.READ_ORGANIZATION: "see what is internal to the business",
    Permission.READ_ORDERS: "see orders",
    Permission.READ_PRIVATE_NOTES: "read private notes",
    Permission.READ_CUSTOMERS: "see customers",
    Permission.READ_CONTACTS: "see where customers live and how they are reached",
    Permission.READ_STOCK: "see stock",
    Permission.READ_FULFILMENTS: "see the work of locations",
    Permission.READ_PAYMENTS: "see payments",
    Permission.READ_STAFF: "see staff, roles and API keys",
    Permission.READ_ROUTING: "see how orders are routed",
    Permission.PLACE_ORDERS: "place orders",
    Permission.CHANGE_ORDERS: "change orders",
    Permission.CANCEL_ORDERS: "cancel orders",
    Permission.CONFIRM_ORDERS: "confirm orders",
    Permission.PROPOSE_SUBSTITUTES: "propose substitutes",
    Permission.ANSWER_SUBSTITUTES: "answer proposals of substitutes",
    Permission.HOLD_ORDERS: "hold orders",
    Permission.RELEASE_ORDERS: "release orders to locations",
    Permission.WRITE_NOTES: "write notes",
    Permission.RESERVE_STOCK: "reserve stock",
    Permission.CHANGE_STOCK: "change stock",
    Permission.TRANSFER_STOCK: "move stock between locations",
    Permission.CHANGE_QUOTAS: "set stock aside for buyers",
    Permission.COUNT_STOCK: "count stock",
    Permission.APPROVE_COUNTS: "approve counts of stock",
    Permission.READ_PURCHASING: "see what is bought from vendors",
    Permission.CHANGE_PURCHASING: "buy from vendors",
    Permission.FULFIL: "do the work of a location",
    Permission.RECORD_TRACKING: "record what carriers report",
    Permission.HANDLE_PAYMENTS: "handle payments",
    Permission.CHANGE_CUSTOMERS: "change customers",
    Permission.CHANGE_OWN_PROFILE: "change a profile",
    Permission.CHANGE_CATALOGUE: "change the catalogue",
    Permission.CHANGE_ORGANIZATION: "change how the business is set up",
    Permission.CHANGE_ROUTING: "change how orders are routed",
}


class Lacking(GraphQLError):
    """The caller lacks permissions; asking again will not help before somebody grants them."""

    def __init__(self, needed_by: Mapping[Permission, str], nodes: Sequence[FieldNode] = ()) -> None:
        listed = ", nor ".join(f"{ALLOWS[need]} (`{field}`)" for need, field in needed_by.items())
        super().__init__(f"You may not {listed}.", nodes, extensions={"code": "FORBIDDEN", "needs": list(needed_by)})
