"""Dates as clients see them: what can be promised, what was promised, and how it went."""

from collections.abc import Iterable, Mapping
from datetime import date, datetime
from typing import Annotated, Any
from uuid import UUID

import strawberry
from graphql import GraphQLError
from strawberry import Parent

import models
from domain.errors import Forbidden, InsufficientStock, Overloaded, PromiseEnded, ReservationEnded
from domain.permissions import Permission
from domain.placing.commands import Together
from domain.placing.validation import MAX_QUANTITY
from domain.promising.loads import OfferedParcel
from domain.promising.promise import parcels_of
from resolvers.context import Info
from resolvers.ids import uuid_of
from resolvers.promising import asking, choosing, scoring
from resolvers.promising.asking import MAX_LINES, Answer, Offered
from resolvers.promising.reading import Asked
from resolvers.promising.scoring import ScoreBy
from resolvers.visible import PROMISES
from schema.catalogue import Variant
from schema.enums import Confidence, Method, SupplyKind
from schema.fields import column, graph, money, one, root, via
from schema.inputs import given, ref
from schema.locations import Location
from schema.merging import TogetherInput
from schema.mutations import action
from schema.nodes import Node
from schema.placing import MAX_CODE, MAX_OPTION
from schema.values import Minor, Money

READ = Permission.READ_AVAILABILITY
COSTS = {Permission: Permission.READ_ROUTING}
ALL_METHODS = (Method.SHIP, Method.PICKUP, Method.SAME_DAY)


@strawberry.type(description="Units of one variant in what a place will give.")
class PromisedUnits:
    variant: Variant | None = strawberry.field(description="Of what; null where you may not see it any more.")
    quantity: int = strawberry.field(description="How many units.")
    kind: SupplyKind = strawberry.field(description="How far they are.")
    coming_on: date | None = strawberry.field(description="When they come to the place; null where they are there.")


@strawberry.type(description="What one place will give at one time.")
class PromisedParcel:
    location: Location | None = strawberry.field(description="The place; null where you may not see it.")
    units: list[PromisedUnits] = strawberry.field(description="What it gives.")
    ready_at: datetime = strawberry.field(description="When it is ready for the carrier, or to be collected.")
    ship_on: date | None = strawberry.field(description="When the carrier fetches it; null where it is collected.")
    earliest_on: date = strawberry.field(description="The first day it may arrive.")
    latest_on: date = strawberry.field(description="The last day it may arrive.")
    cost: Money = strawberry.field(description="What the carrier asks of us.", metadata=COSTS)


@strawberry.type(description="One way to have everything, with its days. It stands until it expires.")
class PromiseOption:
    id: strawberry.ID = strawberry.field(description="Hand it back to hold or to order this; opaque.")
    method: Method = strawberry.field(description="By which way the goods reach the customer.")
    carrier: str | None = strawberry.field(description="Who carries them; null where they are collected.")
    service: str | None = strawberry.field(description="The carrier's service, by its short name.")
    service_name: str | None = strawberry.field(description="What customers call the service.")
    location: Location | None = strawberry.field(
        description="The store to collect at, where a courier starts, or where all of it comes together; null for others or "
        "where you may not see it."
    )
    is_together: bool = strawberry.field(
        description="Whether all of it leaves in one delivery, from the one location that it is brought to."
    )
    parcels: list[PromisedParcel] = strawberry.field(description="What comes from where and when.")
    ready_at: datetime = strawberry.field(description="When the last of it is ready.")
    ship_on: date | None = strawberry.field(description="When the last of it leaves; null where it is collected.")
    earliest_on: date = strawberry.field(description="The first day on which all of it may be there.")
    latest_on: date = strawberry.field(description="The day that is promised: all of it is there by then.")
    price: Money = strawberry.field(description="What the customer pays for it to be brought.")
    cost: Money = strawberry.field(description="What the carriers ask of us.", metadata=COSTS)
    confidence: Confidence = strawberry.field(description="How sure it is.")
    rule: str = strawberry.field(description="By which rule the days were found.", metadata=COSTS)
    expires_at: datetime = strawberry.field(description="Until when it stands.")


@strawberry.type(description="Units that are there from a day on.")
class UnitsByDate:
    coming_on: date | None = strawberry.field(description="The day; null where they are there now.")
    quantity: int = strawberry.field(description="How many units.")
    kind: SupplyKind = strawberry.field(description="How far they are.")


@strawberry.type(description="When the wanted units of a variant are there.")
class PromisedLine:
    variant: Variant = strawberry.field(description="Of what.")
    quantity: int = strawberry.field(description="How many units are wanted.")
    supplies: list[UnitsByDate] = strawberry.field(description="Where they come from, as far as they are needed.")
    available_on: date | None = strawberry.field(
        description="When the last needed one is there; null where all are there now, or some never."
    )
    missing: int = strawberry.field(description="Units that come from nowhere known.")


@strawberry.type(description="What can be promised.")
class PromiseAnswer:
    options: list[PromiseOption] = strawberry.field(
        description="Every way to have all of it, by method as asked, then the first to arrive; empty if there is none."
    )
    lines: list[PromisedLine] = strawberry.field(
        description="When the goods are there, with as much kept back as the most careful method wants."
    )


@strawberry.input(description="Some units of one variant to have.")
class PromiseLineInput:
    variant_id: strawberry.ID = strawberry.field(description="What.")
    quantity: int = strawberry.field(description="How many units.")


@strawberry.input(description="Where goods would go. A US postal code gives the position if none is given.")
class PromiseAddressInput:
    country: str = strawberry.field(description="ISO 3166 code of the country.", default="")
    region: str = strawberry.field(description="State, province or region; its public holidays count.", default="")
    postal_code: str = strawberry.field(description="Postal code.", default="")
    latitude: float | None = strawberry.field(description="Degrees north.", default=None)
    longitude: float | None = strawberry.field(description="Degrees east.", default=None)


def _told(description: str) -> Any:
    return strawberry.argument(description=description)


async def promise(  # noqa: PLR0913, PLR0917 -- the arguments of one field
    info: Info,
    channel_id: Annotated[strawberry.ID, _told("Where it would be ordered.")],
    lines: Annotated[list[PromiseLineInput], _told(f"What would be ordered, at most {MAX_LINES} lines.")],
    address: Annotated[PromiseAddressInput | None, _told("Where it would go; without, it is taken to be far.")] = None,
    methods: Annotated[list[Method] | None, _told("By which ways; all unless told.")] = None,
    cart: Annotated[str | None, _told("The cart it lies in: what that keeps counts as free for it.")] = None,
    wanted_on: Annotated[
        date | None, _told("When it is wanted: what comes in time is promised before what is there already.")
    ] = None,
    deliver_together: Annotated[
        TogetherInput | None, _told("That what ships shall leave in one delivery; rules may ask for that too.")
    ] = None,
) -> PromiseAnswer:
    to = address or PromiseAddressInput()
    asked = Asked(
        organization_id=info.context.viewer.organization_id,
        channel_id=uuid_of("Channel", channel_id),
        now=info.context.clock(),
        wanted=_wanted(lines),
        methods=ALL_METHODS if methods is None else methods,
        country=to.country,
        region=to.region,
        postal_code=to.postal_code,
        latitude=to.latitude,
        longitude=to.longitude,
        wanted_on=wanted_on,
        own=await asking.own_units(info, cart, uuid_of("Channel", channel_id)),
        customer_id=info.context.viewer.customer_id,
        together=asking.together(info, _wish(deliver_together) if deliver_together else None),
    )
    found = await asking.answer(info, asked)
    return PromiseAnswer(options=[_option(found, each) for each in found.options], lines=list(_lines(found, asked)))


def _wish(given: TogetherInput) -> Together:
    place = uuid_of("Location", given.location_id) if given.location_id else None
    return Together(location_id=place, wait_days=given.wait_days)


def _wanted(lines: list[PromiseLineInput]) -> dict[UUID, int]:
    """Raises a GraphQLError for what no order could have."""
    if not 1 <= len(lines) <= MAX_LINES:
        raise GraphQLError(f"Ask for 1 to {MAX_LINES} lines.", extensions={"code": "TOO_MANY"})
    wanted: dict[UUID, int] = {}
    for line in lines:
        if not 1 <= line.quantity <= MAX_QUANTITY:
            raise GraphQLError(f"A quantity is 1 to {MAX_QUANTITY}.", extensions={"code": "BAD_QUANTITY"})
        variant_id = uuid_of("Variant", line.variant_id)
        wanted[variant_id] = wanted.get(variant_id, 0) + line.quantity
    return wanted


def _option(answer: Answer, offered: Offered) -> PromiseOption:
    option, promised = offered.option, offered.promised
    return PromiseOption(
        id=strawberry.ID(offered.id),
        method=option.method,
        carrier=promised.carrier,
        service=promised.service,
        service_name=option.service.name if option.service else None,
        location=_seen(answer.locations, option.location_id),
        is_together=option.wait_days is not None,
        parcels=_parcels(option.parcels, promised.currency, answer.variants, answer.locations),
        ready_at=option.ready_at,
        ship_on=option.ship_on,
        earliest_on=option.earliest_on,
        latest_on=option.latest_on,
        price=Money(minor=Minor(option.price_minor), currency=promised.currency),
        cost=Money(minor=Minor(option.cost_minor), currency=promised.currency),
        confidence=option.confidence,
        rule=option.rule,
        expires_at=option.expires_at,
    )


def _parcels(
    parcels: Iterable[OfferedParcel],
    currency: str,
    variants: Mapping[UUID, models.Variant],
    locations: Mapping[UUID, models.Location],
) -> list[PromisedParcel]:
    return [
        PromisedParcel(
            location=_seen(locations, parcel.location_id),
            units=[
                PromisedUnits(
                    variant=_seen(variants, units.variant_id),
                    quantity=units.quantity,
                    kind=units.kind,
                    coming_on=units.coming_on,
                )
                for units in parcel.units
            ],
            ready_at=parcel.ready_at,
            ship_on=parcel.ship_on,
            earliest_on=parcel.earliest_on,
            latest_on=parcel.latest_on,
            cost=Money(minor=Minor(parcel.cost_minor), currency=currency),
        )
        for parcel in parcels
    ]


def _lines(answer: Answer, asked: Asked) -> Iterable[PromisedLine]:
    for variant_id, quantity in asked.wanted.items():
        matched = answer.availability.get(variant_id)
        yield PromisedLine(
            variant=_seen(answer.variants, variant_id),
            quantity=quantity,
            supplies=[
                UnitsByDate(coming_on=day, quantity=units, kind=source.kind if source else SupplyKind.ON_HAND)
                for (day, _, source), units in (matched.parts if matched else ())
            ],
            available_on=matched.day if matched and not matched.missing else None,
            missing=matched.missing if matched else quantity,
        )


def _seen(rows: Mapping[UUID, Any], key: UUID | None) -> Any:
    return rows.get(key) if key else None


async def promised_parcels(root: Parent[models.Promise], info: Info) -> list[PromisedParcel]:
    parcels = parcels_of(root.parcels)
    variants, locations = await asking.named_in(info, parcels)
    return _parcels(parcels, root.currency, variants, locations)


@graph(
    models.Promise,
    "What was promised, as it was: held for a cart, or chosen for an order.",
    scope=PROMISES,
    needs=Permission.READ_ORDERS,
)
class DeliveryPromise(Node):
    method: Method = column("By which way the goods reach the customer.")
    cart: str | None = column("The cart it was held for.")
    carrier: str | None = column("Who was to carry them; null where they are collected.")
    service: str | None = column("The carrier's service, by its short name.")
    location: Location | None = one(
        "The store to collect at, where a courier starts, or where all of it was to come together."
    )
    parcels: list[PromisedParcel] = via("What was to come from where and when.", promised_parcels)
    ready_at: datetime = column("When the last of it was to be ready.")
    ship_on: date | None = column("When the last of it was to leave; null where it is collected.")
    earliest_on: date = column("The first day on which all of it might be there.")
    latest_on: date = column("The day that was promised.")
    price: Money = money("What the customer was to pay for it to be brought.", "price_minor")
    cost: Money = money("What the carriers were to ask of us.", "cost_minor", needs=Permission.READ_ROUTING)
    confidence: Confidence = column("How sure it was.")
    rule: str = column("By which rule the days were found.", needs=Permission.READ_ROUTING)
    promised_at: datetime = column("When it was promised.")
    expires_at: datetime = column("Until when it stood unless an order came.")


strawberry.enum(ScoreBy, name="PromiseScoreBy", description="Whose promises are told apart.")


@strawberry.type(
    description="How promises to bring goods were kept, the days that came with an order included. Days are counted against "
    "the first promise."
)
class PromiseScore:
    key: str = strawberry.field(
        description="Whose: the short name of the place, or of the carrier that took it or was to take it, or of the rule as it "
        "was then."
    )
    name: str = strawberry.field(description="What people call the place; for others the same as the key.")
    location: Location | None = strawberry.field(
        description="The place that gave the goods, if they are told apart by it."
    )
    promised: int = strawberry.field(description="Orders promised and not cancelled since.")
    shipped: int = strawberry.field(description="Of them those that left whole.")
    delivered: int = strawberry.field(description="Of them those that arrived whole.")
    shipped_on_time: int = strawberry.field(
        description="Those that left by the day they were to leave, where that was promised."
    )
    on_time: int = strawberry.field(description="Those that arrived by the promised day.")
    late: int = strawberry.field(description="Those that arrived after it, or are overdue.")
    on_time_share: float | None = strawberry.field(
        description="Of those that arrived or are overdue, the share on time; null where there are none."
    )
    median_lateness_days: int | None = strawberry.field(
        description="Days after the promised one of those that arrived, the median; below 0 is early."
    )


async def promise_scores(
    info: Info,
    by: Annotated[ScoreBy, _told("Whose promises are told apart.")],
    placed_from: Annotated[date, _told("Of orders placed on this day (UTC) or later.")],
    placed_before: Annotated[date, _told("Of orders placed before this day (UTC).")],
) -> list[PromiseScore]:
    found: Any = await scoring.scores(info, by, placed_from, placed_before)
    return list(found)


@root
class PromisingQueries:
    promise: PromiseAnswer = via(
        "What a customer could have and when, by every way; nothing is kept by asking.", promise, needs=READ
    )
    promise_scores: list[PromiseScore] = via(
        "Promised against actual, the most promises first; for staff.", promise_scores, needs=Permission.READ_ORDERS
    )


@strawberry.input(description="An option to hold.")
class HoldPromiseInput:
    cart: str = given("The cart, by its name; afterwards it keeps this and nothing else.", at_least=1, at_most=MAX_CODE)
    option: str = given("The option, by its id.", at_most=MAX_OPTION)
    customer_id: strawberry.ID | None = ref("Whose cart it is; nobody's for a guest.", "Customer", default=None)


@root
class PromisingMutations:
    hold_promise: DeliveryPromise = action(
        "Keep the units of an option for a cart, where they were promised from; its days stand until it expires.",
        choosing.hold,
        HoldPromiseInput,
        refuses=(PromiseEnded, InsufficientStock, ReservationEnded, Forbidden, Overloaded),
        needs=Permission.RESERVE_STOCK,
        prepare=choosing.as_held_by,
    )
