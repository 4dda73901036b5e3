"""The rows of newly placed orders, table by table, and the one statement that writes them."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, NamedTuple
from uuid import UUID

import orjson

from actions import decisions, outbox
from actions.acting import Act
from actions.bulk import Columns, arrays, insert_sql
from actions.claims import claims, claims_sql
from actions.orders.kits import KitRows
from domain.facts import Fact, FactKind
from domain.lifecycle import OrderStatus, UnitStatus, derive
from domain.merging import Merge
from domain.orders import AddressKind, ConfirmationPolicy
from domain.payments import AuthorizeStatus, ChargeStatus
from domain.placing.backordering import Wait
from domain.placing.commands import Address, PlaceOrder
from domain.placing.decision import Decided
from domain.placing.world import ChannelTerms, Shelf
from domain.routing.rules.values import DecisionKind
from domain.stock import MovementKind, ReservationStatus

TABLES: Final[Mapping[str, Columns]] = {
    "orders": {
        "id": "uuid",
        "organization_id": "uuid",
        "number": "text",
        "channel_id": "uuid",
        "external_id": "text",
        "origin": "text",
        "customer_id": "uuid",
        "customer_name": "text",
        "customer_email": "text",
        "status": "text",
        "currency": "text",
        "subtotal_minor": "int8",
        "discount_minor": "int8",
        "shipping_minor": "int8",
        "tax_minor": "int8",
        "total_minor": "int8",
        "authorize_status": "text",
        "charge_status": "text",
        "requested_date": "date",
        "promised_date": "date",
        "promise_id": "uuid",
        "placed_at": "timestamptz",
        "confirmed_at": "timestamptz",
        "version": "int4",
    },
    "order_addresses": {
        "id": "uuid",
        "order_id": "uuid",
        "kind": "text",
        "name": "text",
        "line1": "text",
        "line2": "text",
        "city": "text",
        "region": "text",
        "postal_code": "text",
        "country": "text",
        "phone": "text",
        "latitude": "float8",
        "longitude": "float8",
    },
    "order_lines": {
        "id": "uuid",
        "order_id": "uuid",
        "position": "int4",
        "variant_id": "uuid",
        "sku": "text",
        "name": "text",
        "quantity": "int4",
        "method": "text",
        "pickup_location_id": "uuid",
        "unit_price_minor": "int8",
        "discount_minor": "int8",
        "tax_rate_ppm": "int4",
        "tax_minor": "int8",
        "total_minor": "int8",
        "status": "text",
    },
    "line_status": {
        "id": "uuid",
        "line_id": "uuid",
        "order_id": "uuid",
        "status": "text",
        "location_id": "uuid",
        "quantity": "int4",
    },
    "routing_decisions": decisions.COLUMNS,
    "stock_movements": {
        "id": "uuid",
        "stock_level_id": "uuid",
        "kind": "text",
        "quantity": "int4",
        "line_id": "uuid",
        "reservation_id": "uuid",
        "reference": "text",
        "actor": "text",
        "moved_at": "timestamptz",
    },
    "outbox": outbox.COLUMNS,
    "idempotency_keys": {"id": "text", "fingerprint": "text", "result": "jsonb", "created_at": "timestamptz"},
}
RESERVATIONS: Final[Columns] = {"id": "uuid", "status": "text"}


def _write_sql() -> str:
    """Every table's INSERT, the counters with what that makes known of the levels, and the carts' reservations.

    Answers how many levels were claimed from, see `claims_sql`.
    """
    parts, at = [], 1
    for table, columns in TABLES.items():
        parts.append(f"{table}_in AS ({insert_sql(table, columns, at)})")
        at += len(columns)
    parts.append(claims_sql(at))
    parts.append(
        f"ended AS (UPDATE reservations r SET status = d.status, ended_at = ${at + 5} "
        f"FROM unnest(${at + 6}::uuid[], ${at + 7}::text[]) AS d(id, status) WHERE r.id = d.id)"
    )
    return f"WITH {', '.join(parts)} SELECT count(*) FROM moved"


WRITE: Final = _write_sql()
STOCK_ACTOR: Final = "placing"


@dataclass(slots=True)
class Rows:
    """What one batch writes; `make_id` gives rising ids."""

    make_id: Callable[[], UUID]
    tables: dict[str, list[tuple[Any, ...]]] = field(default_factory=lambda: {name: [] for name in TABLES})
    ended: dict[UUID, ReservationStatus] = field(default_factory=dict)
    kits: KitRows = field(default_factory=KitRows)

    def parameters(self, claimed: Sequence[Shelf], act: Act) -> list[Any]:
        """The values of WRITE; facts about stock carry the time of `act`."""
        values: list[Any] = []
        for name, columns in TABLES.items():
            values += arrays(self.tables[name], columns)
        ended = [(key, status.value) for key, status in self.ended.items()]
        return [*values, *claims(claimed), STOCK_ACTOR, act.now, *arrays(ended, RESERVATIONS)]

    def remember(self, act: Act, key_id: str, fingerprint: str, result: Mapping[str, Any]) -> None:
        key = (key_id, fingerprint, orjson.dumps(result).decode(), act.now)
        self.tables["idempotency_keys"].append(key)

    def add(self, new: "NewOrder") -> None:
        """Everything one placed order writes."""
        self._add_units(new)
        self._add_order(new)
        self._add_lines(new)
        self._add_movements(new)
        self._add_fact(new)
        if new.decided.kits:
            self.kits.add(new.id, new.line_ids, new.decided.kits, self.make_id)
        if new.decided.routed is not None:
            made = decisions.Made(new.id, DecisionKind.PLACED, new.act.now, new.decided.routed)
            self.tables["routing_decisions"].append(decisions.row(self.make_id(), made))

    def _add_units(self, new: "NewOrder") -> None:
        rows, make = self.tables["line_status"], self.make_id
        for line, status, location_id, quantity in new.units:
            rows.append((make(), new.line_ids[line], new.id, status, location_id, quantity))

    def _add_order(self, new: "NewOrder") -> None:
        command, priced = new.command, new.decided.priced
        self.tables["orders"].append(
            (
                new.id,
                new.act.organization_id,
                new.number,
                new.channel.id,
                command.external_id,
                command.origin,
                command.customer_id,
                new.customer_name,
                new.customer_email,
                new.status,
                new.channel.currency,
                priced.subtotal_minor,
                priced.discount_minor,
                priced.shipping_minor,
                priced.tax_minor,
                priced.total_minor,
                new.authorize_status.value,
                new.charge_status.value,
                command.requested_date,
                command.promised_date,
                command.promise_id,
                new.act.now,
                new.act.now if new.is_confirmed else None,
                1,
            )
        )
        for kind, address in (
            (AddressKind.SHIPPING, command.shipping_address),
            (AddressKind.BILLING, command.billing_address),
        ):
            if address is not None:
                self.tables["order_addresses"].append(address_row(self.make_id(), new.id, kind, address))

    def _add_lines(self, new: "NewOrder") -> None:
        rows = self.tables["order_lines"]
        decided = zip(new.decided.goods, new.decided.priced.lines, strict=True)
        for at, (line, (goods, priced)) in enumerate(zip(new.command.lines, decided, strict=True)):
            rows.append(
                (
                    new.line_ids[at],
                    new.id,
                    at,
                    line.variant_id,
                    goods.sku,
                    goods.name,
                    line.quantity,
                    line.method,
                    line.pickup_location_id,
                    priced.unit_price_minor,
                    priced.discount_minor + priced.order_discount_minor,
                    priced.tax_rate_ppm,
                    priced.tax_minor,
                    priced.total_minor,
                    new.words[at],
                )
            )

    def _add_movements(self, new: "NewOrder") -> None:
        rows, make, tail = self.tables["stock_movements"], self.make_id, ("", new.act.actor, new.act.now)
        for line, shelf, quantity, converted in new.decided.allocations:
            fresh, line_id = quantity, new.line_ids[line]
            for reservation_id, units in converted:
                fresh -= units
                self.ended[reservation_id] = ReservationStatus.CONVERTED
                rows.append((make(), shelf.id, MovementKind.CONVERTED, units, line_id, reservation_id, *tail))
            if fresh:
                rows.append((make(), shelf.id, MovementKind.ALLOCATED, fresh, line_id, None, *tail))
        for kept, units in new.decided.given_back:
            self.ended.setdefault(kept.id, ReservationStatus.RELEASED)
            rows.append((make(), kept.shelf.id, MovementKind.UNRESERVED, units, None, kept.id, *tail))

    def _add_fact(self, new: "NewOrder") -> None:
        fact = Fact(
            kind=new.kind,
            order_id=new.id,
            customer_id=new.command.customer_id,
            channel_id=new.channel.id,
            payload=new.described(),
        )
        self.tables["outbox"].append(outbox.fact_row(new.act.organization_id, new.act.actor, new.act.now, fact))


class FirstUnits(NamedTuple):
    """Units of a line, by its position, as they come into being."""

    line: int
    status: UnitStatus
    location_id: UUID | None
    quantity: int


def routed(decided: Decided) -> list[FirstUnits]:
    """Scheduled where the plan takes them from, backordered where it takes them from nowhere."""
    units = [
        FirstUnits(line, UnitStatus.SCHEDULED, shelf.location_id, quantity)
        for line, shelf, quantity, _ in decided.allocations
    ]
    return units + [FirstUnits(line, UnitStatus.BACKORDERED, None, quantity) for line, quantity in decided.backorders]


@dataclass(slots=True)
class NewOrder:
    """One decided order on its way to the tables; `units` say where each line's units begin, `words` what that makes it."""

    id: UUID
    act: Act
    command: PlaceOrder
    channel: ChannelTerms
    number: str
    decided: Decided
    line_ids: list[UUID]
    units: list[FirstUnits]
    customer_name: str
    customer_email: str | None
    kind: FactKind = FactKind.ORDER_PLACED
    waits: Mapping[UUID, Wait] = field(default_factory=dict)
    """By line, where units wait for stock no longer than until some day, or for a launch."""
    merge: Merge | None = None
    status: OrderStatus = field(init=False)
    words: list[OrderStatus] = field(init=False)

    def __post_init__(self) -> None:
        standing: list[set[UnitStatus]] = [set() for _ in self.line_ids]
        for units in self.units:
            standing[units.line].add(units.status)
        self.words = [derive(statuses) for statuses in standing]
        self.status = derive(set().union(*standing))

    @property
    def is_free(self) -> bool:
        return self.decided.priced.total_minor == 0

    @property
    def is_confirmed(self) -> bool:
        """Drafts never are; what is placed is, where the channel asks for nothing or for money that nobody owes."""
        policy = self.channel.confirmation
        waits = policy is ConfirmationPolicy.MANUAL or (
            policy is ConfirmationPolicy.ON_AUTHORIZATION and not self.is_free
        )
        return self.kind is FactKind.ORDER_PLACED and not waits

    @property
    def authorize_status(self) -> AuthorizeStatus:
        return AuthorizeStatus.FULL if self.is_free else AuthorizeStatus.NONE

    @property
    def charge_status(self) -> ChargeStatus:
        return ChargeStatus.FULL if self.is_free else ChargeStatus.NONE

    def described(self) -> dict[str, Any]:
        """The payload of the fact that it was placed."""
        ids = [str(line_id) for line_id in self.line_ids]
        return {
            "number": self.number,
            "version": 1,
            "status": self.status,
            "currency": self.channel.currency,
            "total_minor": self.decided.priced.total_minor,
            "confirmed": self.is_confirmed,
            "authorize_status": self.authorize_status.value,
            "charge_status": self.charge_status.value,
            "lines": dict(zip(ids, self.words, strict=True)),
            "moves": [_first_move(ids[units.line], units) for units in self.units],
            **({"merge": self.merge.told()} if self.merge else {}),
            **({"waits": {str(line_id): wait.told() for line_id, wait in self.waits.items()}} if self.waits else {}),
        }


def address_row(row_id: UUID, order_id: UUID, kind: AddressKind, address: Address) -> tuple[Any, ...]:
    return (
        row_id,
        order_id,
        kind,
        address.name,
        address.line1,
        address.line2,
        address.city,
        address.region,
        address.postal_code,
        address.country,
        address.phone,
        address.latitude,
        address.longitude,
    )


def _first_move(line_id: str, units: FirstUnits) -> dict[str, Any]:
    return {
        "line": line_id,
        "quantity": units.quantity,
        "from": None,
        "to": units.status,
        "from_location": None,
        "to_location": None if units.location_id is None else str(units.location_id),
        "from_fulfilment": None,
        "to_fulfilment": None,
    }
