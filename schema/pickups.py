"""Units that customers collect: what they are asked when they cannot, and how they say that they are there."""

from datetime import datetime
from enum import Enum

import strawberry

import models
from actions.pickups import answering, arriving
from domain.errors import BlockedByHold, Forbidden, IllegalTransition, InsufficientStock, PromiseEnded
from domain.permissions import Permission
from resolvers import pickups
from resolvers.visible import PICKUP_QUESTIONS
from schema.enums import DeclineReason, PickupChoice, QuestionStatus
from schema.fields import column, connection, find, graph, one, root, via
from schema.filters import among
from schema.fulfilment import VERSION as FULFILMENT_VERSION
from schema.fulfilment import Fulfilment
from schema.inputs import given, ref
from schema.later import Order
from schema.locations import Location
from schema.mutations import action
from schema.nodes import Node
from schema.order_parts import OrderKit, OrderLine
from schema.placing import MAX_OPTION, OrderAddressInput
from schema.promising import DeliveryPromise
from schema.values import Connection, Minor

AT_WORK = Permission.READ_FULFILMENTS
PLACES = Permission.READ_AVAILABILITY


@graph(
    models.PickupQuestion,
    "What a customer is asked about units that they wanted to collect and that the location cannot give.",
    scope=PICKUP_QUESTIONS,
    needs=Permission.READ_ORDERS,
)
class PickupQuestion(Node):
    order: Order = one("The order.")
    order_line: OrderLine = one("The line that the units belonged to when it was asked.", "line")
    new_line: OrderLine | None = one("The line that the units belong to since, if the answer gave them one.")
    kit: OrderKit | None = one(
        "The kits, where it is asked about whole ones; the line is then that of their first component."
    )
    new_kit: OrderKit | None = one("The kits that these became, if the answer took them apart from the others.")
    quantity: int = column("How many units, or whole kits.")
    location: Location | None = one("Who gave them back.", needs=PLACES)
    reason: DeclineReason = column("Why.", needs=AT_WORK)
    status: QuestionStatus = column("How far it is.")
    asked_at: datetime = column("When it was asked.")
    expires_at: datetime = column("Until when it waits for an answer; then the channel decides.")
    choice: PickupChoice | None = column("What was chosen.")
    pickup_location: Location | None = one("Where they are collected instead.", needs=PLACES)
    promise: DeliveryPromise | None = one("The option by which they ship, if the customer chose one.")
    answered_by: str | None = column("Who chose.", needs=Permission.READ_ORGANIZATION)
    answered_at: datetime | None = column("When.")
    collectable_at: list[strawberry.ID] = via(
        f"Up to {pickups.MOST_PLACES} locations where all the units could be collected as things stand.",
        pickups.places_of,
        needs=PLACES,
    )
    version: int = column("Counts its changes; send it as `expectedVersion`.")


@strawberry.enum(description="How questions to customers may be listed.")
class PickupQuestionSort(Enum):
    SOONEST = "expires_at"
    LATEST = "-expires_at"


@strawberry.input(description="Which questions to customers. OPEN and OVERDUE are those that wait for an answer.")
class PickupQuestionFilter:
    status: list[QuestionStatus] | None = among("status")
    location_ids: list[strawberry.ID] | None = among("location_id", of="Location", needs=PLACES)


@strawberry.input(description="What shall become of units that cannot be collected.")
class AnswerPickupInput:
    question_id: strawberry.ID = ref("The question.", "PickupQuestion")
    choice: PickupChoice = given("Collect them elsewhere, have them shipped, or cancel them.")
    pickup_location_id: strawberry.ID | None = ref(
        "Where they are collected instead; needed to collect elsewhere.", "Location", default=None
    )
    shipping_address: OrderAddressInput | None = given(
        "Where they are shipped; the order's address, or the customer's usual one, if left out.", default=None
    )
    shipping_minor: Minor = given(
        "What shipping them costs the customer, tax included; for staff and partners.", default=0
    )
    option: str | None = given(
        "An option of `promise` to ship just these units by, at its price; without one they ship at the merchant's expense.",
        default=None,
        at_most=MAX_OPTION,
    )
    quantity: int | None = given(
        "Only so many units, or kits; the customer is asked about the rest as before.", default=None, at_least=1
    )
    expected_version: int | None = given("The question's version that you read; another one is refused.", default=None)


@strawberry.input(description="A customer who has come to collect.")
class AnnounceArrivalInput:
    fulfilment_id: strawberry.ID = ref("What they collect.", "Fulfilment")
    spot: str = given("Where they wait, such as the number of the parking space.", default="", at_most=arriving.LONGEST)
    vehicle: str = given("How to know them, such as the car's make and colour.", default="", at_most=arriving.LONGEST)
    expected_version: int | None = given(FULFILMENT_VERSION, default=None)


@root
class PickupQueries:
    pickup_question: PickupQuestion | None = find("The question with this id.")
    pickup_questions: Connection[PickupQuestion] = connection(
        "Questions to customers that you may see.", sort=PickupQuestionSort, where=PickupQuestionFilter
    )


@root
class PickupMutations:
    answer_pickup: PickupQuestion = action(
        "Choose what becomes of units that cannot be collected. Stock is claimed at once; when it is gone, the choice is "
        "refused and the question stays open.",
        answering.answer,
        AnswerPickupInput,
        refuses=(IllegalTransition, BlockedByHold, InsufficientStock, PromiseEnded, Forbidden),
        needs=Permission.CANCEL_ORDERS,
        prepare=pickups.as_answered_by,
    )
    announce_arrival: Fulfilment = action(
        "Say that the customer is there to collect, and where they wait; the location's queue shows it.",
        arriving.announce_arrival,
        AnnounceArrivalInput,
        refuses=(IllegalTransition,),
        needs=Permission.WRITE_NOTES,
    )
