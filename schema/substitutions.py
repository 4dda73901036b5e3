"""Sending something else than was ordered, as clients see it: proposals, answers, and what came of them."""

from datetime import datetime

import strawberry

import models
from actions.substituting import proposing
from domain.errors import AlreadyExists, BlockedByHold, IllegalTransition, InsufficientStock
from domain.permissions import Permission
from resolvers.visible import PARTS_OF_ORDERS
from schema.catalogue import Variant
from schema.enums import SubstitutePrice, SubstitutionStatus
from schema.fields import column, graph, one, root
from schema.inputs import given, ref
from schema.later import ORDER_VERSION, Order
from schema.mutations import action
from schema.nodes import Node
from schema.values import Minor

INTERNAL = Permission.READ_ORGANIZATION


@graph(
    models.Substitution,
    "Units of a line, or whole kits, that something else is sent for, or is to be, once somebody says yes.",
    scope=PARTS_OF_ORDERS,
    needs=Permission.READ_ORDERS,
)
class Substitution(Node):
    line_id: strawberry.ID = column("The line that was ordered.", of="OrderLine")
    new_line_id: strawberry.ID | None = column("The line that was sent for it; null until accepted.", of="OrderLine")
    kit_id: strawberry.ID | None = column(
        "The kits that were ordered, where it is for whole ones; the line is then the first of theirs.", of="OrderKit"
    )
    new_kit_id: strawberry.ID | None = column(
        "The kits that were sent for it, where it is kits; the new line is then the first of theirs.", of="OrderKit"
    )
    variant: Variant | None = one("What is sent instead, as it is now; null when it is no longer shown to you.")
    sku: str = column("Its SKU.")
    quantity: int = column("For how many units, or kits.")
    price_rule: SubstitutePrice = column("By which rule it is priced.")
    unit_price_minor: Minor = column("What one unit costs, in the order's currency, before the line's discount.")
    status: SubstitutionStatus = column("What became of it.")
    reason: str = column("Why, in words.")
    proposed_at: datetime = column("When it was proposed.")
    expires_at: datetime | None = column("Until when it can be answered; null where nobody was asked.")
    answered_at: datetime | None = column("When it was answered, or ended by itself.")
    proposed_by: str = column("Who proposed it.", needs=INTERNAL)
    answered_by: str | None = column("Who answered.", needs=INTERNAL)


@strawberry.input(description="Something to send for units that wait.")
class ProposeSubstituteInput:
    order_id: strawberry.ID = ref("The order.", "Order")
    variant_id: strawberry.ID = ref(
        "What to send: one of the substitutes of the line's variant, or the kit.", "Variant"
    )
    line_id: strawberry.ID | None = ref("The line that waits, unless kits do.", "OrderLine", default=None)
    kit_id: strawberry.ID | None = ref("The order's kits that wait: whole ones are replaced.", "OrderKit", default=None)
    quantity: int | None = given("For how many units, or kits; all that wait if left out.", default=None, at_least=1)
    expires_at: datetime | None = given("Until when it can be answered; the channel's hours if left out.", default=None)
    reason: str = given("Why, for the customer.", default="", at_most=proposing.MAX_REASON_CHARACTERS)
    expected_version: int | None = given(ORDER_VERSION, default=None)


@strawberry.input(description="The answer to a proposal.")
class AnswerSubstitutionInput:
    substitution_id: strawberry.ID = ref("The proposal.", "Substitution")
    accept: bool = given("Yes: the units are exchanged at once. No: they go on waiting.")


@root
class SubstitutionMutations:
    propose_substitute: Order = action(
        "Propose something else for units that wait. Nothing is kept for it.",
        proposing.propose,
        ProposeSubstituteInput,
        refuses=(IllegalTransition, AlreadyExists, InsufficientStock),
        needs=Permission.PROPOSE_SUBSTITUTES,
    )
    answer_substitution: Order = action(
        "Say yes or no to a proposal, as the customer or in the customer's name. With a yes, the units that wait are "
        "cancelled and a new line, priced by the rule, is served from stock; if that is gone meanwhile, nothing changes.",
        proposing.answer,
        AnswerSubstitutionInput,
        refuses=(IllegalTransition, InsufficientStock, BlockedByHold),
        needs=Permission.ANSWER_SUBSTITUTES,
    )
