"""Carriers as clients see them: what they ask for a parcel, and the labels bought from them."""

from datetime import datetime
from typing import Annotated

import strawberry

import models
from actions.parcels import shipping
from domain.errors import AlreadyExists, CarrierRefused, CarrierUnknown, Forbidden, IllegalTransition
from domain.permissions import Permission
from resolvers import carriers
from resolvers.context import Info
from resolvers.visible import LABELS
from schema.enums import LabelStatus
from schema.fields import column, find, graph, money, one, root, via
from schema.inputs import given, ref
from schema.mutations import action
from schema.nodes import Node
from schema.parcels import VERSION as PARCEL_VERSION
from schema.parcels import Parcel
from schema.values import Minor, Money

AT_WORK = Permission.READ_FULFILMENTS
VERSION = "The label's version that you read; another one is refused."


@graph(models.Label, "A label bought from a carrier for a parcel.", scope=LABELS, needs=AT_WORK)
class Label(Node):
    parcel: Parcel | None = one("What it is for; null for one whose parcel was opened again.")
    carrier: str = column("Who sold it.")
    service: str = column("For which of the carrier's services.")
    status: LabelStatus = column("How far it is at the carrier.")
    tracking_number: str | None = column("What the carrier knows the parcel by; null before it is bought.")
    cost: Money | None = money("What the carrier charges; null before it is bought.", "cost_minor")
    weight_grams: int = column("The weight it was bought for, in grams.")
    reason: str = column("What the carrier said when it last refused.")
    requested_at: datetime = column("When the carrier was asked.")
    bought_at: datetime | None = column("When it was bought.")
    voided_at: datetime | None = column("When it was voided.")
    version: int = column("Counts its changes; send it as `expectedVersion`.")


@strawberry.type(description="What a carrier asks for one parcel.")
class ParcelRate:
    carrier: str = strawberry.field(description="Who would carry it.")
    service: str = strawberry.field(description="With which of its services; empty for an estimate.")
    price: Money = strawberry.field(description="What it asks.")
    transit_days: int | None = strawberry.field(description="How many days it takes, if it says so.")
    is_estimate: bool = strawberry.field(
        description="Whether the carrier did not answer, so that this is what a parcel of this weight usually costs."
    )


async def parcel_rates(
    info: Info, parcel_id: Annotated[strawberry.ID, strawberry.argument(description="The parcel.")]
) -> list[ParcelRate]:
    return [
        ParcelRate(
            carrier=rate.carrier,
            service=rate.service,
            price=Money(minor=Minor(rate.price_minor), currency=rate.currency),
            transit_days=rate.transit_days,
            is_estimate=rate.is_estimate,
        )
        for rate in await carriers.parcel_rates(info, parcel_id)
    ]


@strawberry.input(description="A parcel that needs a label.")
class BuyLabelInput:
    parcel_id: strawberry.ID = ref("The parcel.", "Parcel")
    carrier: str = given("From whom.", at_most=shipping.CARRIER_CHARACTERS)
    service: str = given("For which of the carrier's services.", at_most=shipping.CARRIER_CHARACTERS)
    expected_version: int | None = given(PARCEL_VERSION, default=None)


@strawberry.input(description="A label to give back.")
class VoidLabelInput:
    label_id: strawberry.ID = ref("The label.", "Label")
    expected_version: int | None = given(VERSION, default=None)


@root
class CarrierQueries:
    label: Label | None = find("The label with this id.")
    parcel_rates: list[ParcelRate] = via(
        "What every carrier asks for a parcel, the cheapest first. One that does not answer is estimated by weight.",
        parcel_rates,
        needs=Permission.FULFIL,
    )


@root
class CarrierMutations:
    buy_label: Label = action(
        "Buy a label for a parcel. Without an answer from the carrier it is asked again until the outcome is known.",
        carriers.buy_label,
        BuyLabelInput,
        refuses=(IllegalTransition, AlreadyExists, CarrierRefused, CarrierUnknown, Forbidden),
        needs=Permission.FULFIL,
        needs_key=True,
    )
    void_label: Label = action(
        "Give the label of a parcel back that has not left.",
        carriers.void_label,
        VoidLabelInput,
        refuses=(IllegalTransition, CarrierRefused, CarrierUnknown, Forbidden),
        needs=Permission.FULFIL,
    )
