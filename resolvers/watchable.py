"""What can be watched: one order, lists of orders, stock levels, plans of quotas, a location's queue and its transfers."""

from dataclasses import dataclass, field, replace
from typing import Any, Final, TypeVar
from uuid import UUID

from tortoise.expressions import Q, Subquery
from tortoise.models import Model
from tortoise.queryset import QuerySet

from domain.errors import InputProblem, InvalidInput, NotFound
from domain.facts import FactKind
from domain.fulfilment import QUEUED
from domain.lifecycle import OrderStatus
from domain.pickups import UNANSWERED
from domain.transfers import UNDER_WAY, TransferStatus
from domain.viewer import Audience, Viewer
from models import Fulfilment, Location, Order, PickupQuestion, QuotaPlan, QuotaShare, StockLevel, Transfer
from realtime.facts import RecordedFact
from realtime.interest import Interest
from resolvers.elsewhere import Elsewhere, leaves
from resolvers.ids import global_id
from resolvers.live import Gone, Snapshot
from resolvers.scopes import seen
from resolvers.visible import FULFILMENTS, LOCATIONS, ORDERS, PICKUP_QUESTIONS, QUOTA_PLANS, STOCK, TRANSFERS

MOST_ORDERS: Final = 100  # in the snapshot of a list of orders
MOST_LEVELS: Final = 5_000  # that one subscription may show at once
MOST_FULFILMENTS: Final = 500  # in the snapshot of a location's queue
MOST_TRANSFERS: Final = 500  # in the snapshot of what a location has to send and to receive
MOST_QUESTIONS: Final = 500  # in the snapshot of what customers are asked
QUESTIONED: Final = frozenset({FactKind.PICKUP_REJECTED, FactKind.PICKUP_ANSWERED, FactKind.PICKUP_UNANSWERED})
MOST_PLANS: Final = 500  # in the snapshot of plans of quotas
MOST_NAMED: Final = 500  # variants, locations or channels that one subscription may name

Row = TypeVar("Row", bound=Model)


@dataclass(frozen=True, slots=True)
class OneOrder:
    order_id: UUID
    conflates: bool = field(default=False, init=False)

    def interest(self, viewer: Viewer) -> Interest:
        return _about_orders(viewer, order_ids=frozenset({self.order_id}))

    async def check(self, viewer: Viewer) -> None:
        await self._order(viewer)

    async def snapshot(self, viewer: Viewer) -> Snapshot[Order]:
        return Snapshot([await self._order(viewer)])

    async def changed(self, viewer: Viewer, fact: RecordedFact) -> Order | None:
        """Raises NotFound when the viewer may not see the order any more: there is nothing left to watch."""
        del fact
        return await self._order(viewer)

    def gone(self, row: Order) -> None:
        """An order is never off its own page."""

    async def _order(self, viewer: Viewer) -> Order:
        found = await seen(Order, ORDERS, viewer).get_or_none(id=self.order_id)
        if found is None:
            raise NotFound("order", self.order_id)
        return found


@dataclass(frozen=True, slots=True, kw_only=True)
class Orders:
    """Nothing given means no condition."""

    channel_ids: frozenset[UUID] | None = None
    customer_id: UUID | None = None
    statuses: frozenset[OrderStatus] | None = None
    first: int = MOST_ORDERS
    conflates: bool = field(default=False, init=False)
    elsewhere: Elsewhere = field(default_factory=Elsewhere, init=False, compare=False)

    def __post_init__(self) -> None:
        _check_count("filter.channelIds", self.channel_ids)
        if not 0 < self.first <= MOST_ORDERS:
            raise _invalid("first", "TOO_LARGE", f"Ask for 1 to {MOST_ORDERS} orders.")

    def interest(self, viewer: Viewer) -> Interest:
        customers = None if self.customer_id is None else frozenset({self.customer_id})
        return _about_orders(viewer, channel_ids=self.channel_ids, customer_ids=customers)

    async def check(self, viewer: Viewer) -> None:
        """Whoever may read orders may watch those of them that are theirs to see."""

    async def snapshot(self, viewer: Viewer) -> Snapshot[Order]:
        rows = seen(Order, ORDERS, viewer)
        if self.channel_ids is not None:
            rows = rows.filter(channel_id__in=sorted(self.channel_ids))
        if self.customer_id is not None:
            rows = rows.filter(customer_id=self.customer_id)
        if self.statuses is not None:
            rows = rows.filter(status__in=sorted(self.statuses))
        return await _at_most(self.first, rows.order_by("-placed_at", "-id"))

    async def changed(self, viewer: Viewer, fact: RecordedFact) -> Order | Gone | None:
        """Gone from a location when the fact took its last unit there elsewhere."""
        if self.elsewhere.has(viewer, fact):
            return None
        order = await seen(Order, ORDERS, viewer).get_or_none(id=fact.order_id)
        if order is None:
            self.elsewhere.remember(fact)
            return Gone(global_id("Order", fact.order_id)) if leaves(viewer, fact) else None
        return order

    def gone(self, row: Order) -> str | None:
        fits = self.statuses is None or row.status in self.statuses
        return None if fits else global_id("Order", row.id)


@dataclass(frozen=True, slots=True, kw_only=True)
class Stock:
    variant_ids: frozenset[UUID] | None = None
    location_ids: frozenset[UUID] | None = None
    conflates: bool = field(default=True, init=False)

    def __post_init__(self) -> None:
        _check_count("variantIds", self.variant_ids)
        _check_count("locationIds", self.location_ids)

    def interest(self, viewer: Viewer) -> Interest:
        own = frozenset(viewer.location_ids) if viewer.audience is Audience.LOCATION else None
        return Interest(
            organization_id=viewer.organization_id,
            kinds=frozenset({FactKind.STOCK_CHANGED}),
            variant_ids=self.variant_ids,
            location_ids=_both(self.location_ids, own),
        )

    async def check(self, viewer: Viewer) -> None:
        """Whoever may read stock may watch what of it is theirs to see."""

    async def snapshot(self, viewer: Viewer) -> Snapshot[StockLevel]:
        rows = seen(StockLevel, STOCK, viewer)
        if self.variant_ids is not None:
            rows = rows.filter(variant_id__in=sorted(self.variant_ids))
        if self.location_ids is not None:
            rows = rows.filter(location_id__in=sorted(self.location_ids))
        found = await _at_most(MOST_LEVELS, rows.order_by("id"))
        if found.has_more:
            message = f"That is more than {MOST_LEVELS} stock levels. Name the variants or fewer locations."
            raise _invalid("variantIds", "TOO_LARGE", message)
        return found

    async def changed(self, viewer: Viewer, fact: RecordedFact) -> StockLevel | None:
        rows = seen(StockLevel, STOCK, viewer)
        return await rows.get_or_none(variant_id=fact.variant_id, location_id=fact.location_id)

    def gone(self, row: StockLevel) -> None:
        """A level stays where it is, even at nothing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class QuotaPlans:
    """Open plans; what buyers take and give back of the units they set aside is told as well."""

    variant_ids: frozenset[UUID] | None = None
    conflates: bool = field(default=False, init=False)

    def __post_init__(self) -> None:
        _check_count("variantIds", self.variant_ids)

    def interest(self, viewer: Viewer) -> Interest:
        return Interest(
            organization_id=viewer.organization_id,
            kinds=frozenset({FactKind.QUOTA_PLAN_CHANGED, FactKind.QUOTA_CHANGED}),
            variant_ids=self.variant_ids,
        )

    async def check(self, viewer: Viewer) -> None:
        """Whoever may read stock may watch the plans that are theirs to see."""

    async def snapshot(self, viewer: Viewer) -> Snapshot[QuotaPlan]:
        rows = seen(QuotaPlan, QUOTA_PLANS, viewer).filter(ended_at__isnull=True)
        if self.variant_ids is not None:
            rows = rows.filter(variant_id__in=sorted(self.variant_ids))
        return await _at_most(MOST_PLANS, rows.order_by("-planned_at", "-id"))

    async def changed(self, viewer: Viewer, fact: RecordedFact) -> QuotaPlan | None:
        plans, key = seen(QuotaPlan, QUOTA_PLANS, viewer), fact.payload["id"]
        if fact.kind == FactKind.QUOTA_PLAN_CHANGED:
            return await plans.get_or_none(id=key)
        return await plans.get_or_none(id__in=Subquery(QuotaShare.filter(quota_id=key, is_open=True).values("plan_id")))

    def gone(self, row: QuotaPlan) -> str | None:
        return None if row.ended_at is None else global_id("QuotaPlan", row.id)


@dataclass(frozen=True, slots=True)
class Queue:
    """What one location still has to do something about."""

    location_id: UUID
    conflates: bool = field(default=False, init=False)

    def interest(self, viewer: Viewer) -> Interest:
        return Interest(organization_id=viewer.organization_id, location_ids=frozenset({self.location_id}))

    async def check(self, viewer: Viewer) -> None:
        await _check_location(viewer, self.location_id)

    async def snapshot(self, viewer: Viewer) -> Snapshot[Fulfilment]:
        rows = seen(Fulfilment, FULFILMENTS, viewer).filter(location_id=self.location_id, status__in=list(QUEUED))
        return await _at_most(MOST_FULFILMENTS, rows.order_by("released_at", "id"))

    async def changed(self, viewer: Viewer, fact: RecordedFact) -> Fulfilment | None:
        if fact.fulfilment_id is None:
            return None
        return await seen(Fulfilment, FULFILMENTS, viewer).get_or_none(id=fact.fulfilment_id)

    def gone(self, row: Fulfilment) -> str | None:
        return None if row.status in QUEUED else global_id("Fulfilment", row.id)


@dataclass(frozen=True, slots=True)
class Transfers:
    """What one location has to send, and what is brought to it."""

    location_id: UUID
    conflates: bool = field(default=False, init=False)

    def interest(self, viewer: Viewer) -> Interest:
        return Interest(
            organization_id=viewer.organization_id,
            kinds=frozenset({FactKind.TRANSFER_CHANGED}),
            location_ids=frozenset({self.location_id}),
        )

    async def check(self, viewer: Viewer) -> None:
        await _check_location(viewer, self.location_id)

    async def snapshot(self, viewer: Viewer) -> Snapshot[Transfer]:
        to_send = Q(origin_id=self.location_id, status=TransferStatus.READY)
        to_come = Q(destination_id=self.location_id, status__in=[TransferStatus.READY, *UNDER_WAY])
        rows = seen(Transfer, TRANSFERS, viewer).filter(to_send | to_come)
        return await _at_most(MOST_TRANSFERS, rows.order_by("created_at", "id"))

    async def changed(self, viewer: Viewer, fact: RecordedFact) -> Transfer | None:
        return await seen(Transfer, TRANSFERS, viewer).get_or_none(id=fact.payload["id"])

    def gone(self, row: Transfer) -> str | None:
        awaits = (
            {TransferStatus.READY, *UNDER_WAY} if row.destination_id == self.location_id else {TransferStatus.READY}
        )
        return None if row.status in awaits else global_id("Transfer", row.id)


@dataclass(frozen=True, slots=True)
class PickupQuestions:
    """What customers are asked and nobody has answered."""

    conflates: bool = field(default=False, init=False)

    def interest(self, viewer: Viewer) -> Interest:
        return replace(_about_orders(viewer), kinds=QUESTIONED)

    async def check(self, viewer: Viewer) -> None:
        """Whoever may read orders may watch what their customers are asked."""

    async def snapshot(self, viewer: Viewer) -> Snapshot[PickupQuestion]:
        found = seen(PickupQuestion, PICKUP_QUESTIONS, viewer).filter(status__in=list(UNANSWERED))
        return await _at_most(MOST_QUESTIONS, found.order_by("expires_at", "id"))

    async def changed(self, viewer: Viewer, fact: RecordedFact) -> PickupQuestion | None:
        return await seen(PickupQuestion, PICKUP_QUESTIONS, viewer).get_or_none(id=fact.payload["question"])

    def gone(self, row: PickupQuestion) -> str | None:
        return None if row.status in UNANSWERED else global_id("PickupQuestion", row.id)


async def _check_location(viewer: Viewer, location_id: UUID) -> None:
    """Raises NotFound for a location that is none of the viewer's business."""
    works_elsewhere = viewer.audience is Audience.LOCATION and location_id not in viewer.location_ids
    if works_elsewhere or not await seen(Location, LOCATIONS, viewer).filter(id=location_id).exists():
        raise NotFound("location", location_id)


def _about_orders(
    viewer: Viewer,
    *,
    order_ids: frozenset[UUID] | None = None,
    channel_ids: frozenset[UUID] | None = None,
    customer_ids: frozenset[UUID] | None = None,
) -> Interest:
    """Facts of orders, narrowed by what the viewer could see at all, so that most others are never looked at."""
    if viewer.audience in {Audience.AGENT, Audience.PARTNER}:
        channel_ids = _both(channel_ids, frozenset(viewer.channel_ids))
    if viewer.audience is Audience.CUSTOMER:
        own = frozenset() if viewer.customer_id is None else frozenset({viewer.customer_id})
        customer_ids = _both(customer_ids, own)
    return Interest(
        organization_id=viewer.organization_id,
        is_of_order=True,
        order_ids=order_ids,
        channel_ids=channel_ids,
        customer_ids=customer_ids,
    )


def _both(wanted: frozenset[UUID] | None, allowed: frozenset[UUID] | None) -> frozenset[UUID] | None:
    if wanted is None or allowed is None:
        return allowed if wanted is None else wanted
    return wanted & allowed


async def _at_most(limit: int, rows: QuerySet[Row]) -> Snapshot[Row]:
    found = await rows.limit(limit + 1)
    return Snapshot(found[:limit], has_more=len(found) > limit)


def _check_count(path: str, named: frozenset[Any] | None) -> None:
    if named is not None and len(named) > MOST_NAMED:
        raise _invalid(path, "TOO_LARGE", f"Name at most {MOST_NAMED}.")


def _invalid(path: str, code: str, message: str) -> InvalidInput:
    return InvalidInput([InputProblem(path, code, message)])
