"""Place the orders that wait together: one transaction, every rule on locked values, everything written at once."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Final, NamedTuple
from uuid import UUID

from actions import reference, workload
from actions.acting import Act, fingerprint
from actions.backordering import waits
from actions.bulk import arrays
from actions.claims import claimed_of
from actions.forwarding import asking
from actions.geocoding import located_order
from actions.group_commit import Overtaken
from actions.line_work import LineClaimed
from actions.orders import external
from actions.orders.external import ExternalId, First
from actions.orders.kits import WRITE_KITS, with_components
from actions.orders.reading import (
    Carts,
    Shelves,
    on_shelves,
    read_carts,
    read_quotas,
    read_safety,
    read_shelves,
    read_together,
    with_parts,
)
from actions.orders.rows import STOCK_ACTOR, WRITE, NewOrder, Rows, routed
from actions.quotas import ledger
from actions.refusals import kept as keep
from actions.refusals import raise_if_refused
from actions.substituting import consents
from actions.swift_ids import swift_command, swift_maker
from domain.errors import DomainError, InputProblem, InvalidInput, KeyReused
from domain.placing.backordering import Terms, Wait, wait_of
from domain.placing.commands import PlaceOrder
from domain.placing.decision import Market, decide
from domain.placing.drawing import draw_order, mark_foreign
from domain.placing.kits import Kits, OrderedKit, Sold
from domain.placing.merging import merge_of
from domain.placing.validation import problems, shape_problems
from domain.placing.world import Buyer, Goods, Kept, Network
from domain.routing.rules.choosing import Asker
from domain.workdays import Loads


class Asked(NamedTuple):
    """One command in the queue, with what could be worked out before; without a key the texts are empty."""

    act: Act
    command: PlaceOrder
    key_id: str
    fingerprint: str
    wrong: list[InputProblem]
    content: str = ""
    """Of an order with an external id."""

    @property
    def external(self) -> ExternalId | None:
        """The channel and its own number for the order, if it gave one."""
        command = self.command
        return (command.channel_id, command.external_id) if command.external_id else None


def asked(act: Act, command: PlaceOrder) -> Asked:
    """Ready for the queue: what needs no lock is done by the caller, while other batches are being written."""
    return Asked(
        act=act,
        command=swift_command(located_order(command)),
        key_id=act.key_id() if act.key else "",
        fingerprint=fingerprint("orders.place", command) if act.key else "",
        wrong=shape_problems(command),
        content=external.content_of(command) if command.external_id else "",
    )


NUMBER_PREFIX: Final = "SO-"

Outcome = dict[str, Any]
"""`{"id": …}`, or a refusal as `actions.refusals` keeps it."""


async def place_batch(connection: Any, asked: Sequence[Asked]) -> list[Outcome]:
    """One transaction for all. Locks the carts' reservations, then every level of every wanted variant, by id, then terms."""
    async with connection.transaction():
        batch = await _read(connection, asked, lock=True)
        outcomes = [batch.answer(each) for each in asked]
        assert await batch.write(connection), "nobody else claims what this transaction has locked"
    return outcomes


async def place_short(connection: Any, asked: Asked) -> tuple[UUID, bool]:
    """The order, and whether it is new: placed within the caller's transaction, whatever stock it is short of.

    What it is short of waits only until the caller has sent something else or refused the order, so no limit counts it.
    The caller holds the locks of the cart and of every level that the order may touch, and gives no key.
    """
    waiting = asked._replace(command=replace(asked.command, allow_backorder=True))
    batch = await _read(connection, [waiting], lock=True)
    for terms in batch.terms.values():
        terms.lift()
    outcome = batch.answer(waiting)
    raise_if_refused(outcome)
    assert await batch.write(connection), "nobody else claims what this transaction has locked"
    return UUID(outcome["id"]), batch.wrote


async def place_ahead(connection: Any, asked: Sequence[Asked], before: "Ahead | None") -> "Ahead | None":
    """Decided without locks, as if `before`, which is being written meanwhile, were committed.

    Whatever a decision rests on is checked by `Ahead.write`, or has to be decided under locks (None), as where locations
    count what they can do a day, variants how many units wait, or rules keep units back.
    """
    for key in {each.act.organization_id for each in asked}:
        network = await reference.network(connection, key)
        if network.workplaces or network.safety_rules:
            return None
    batch = await _read(connection, asked, lock=False)
    if batch.terms or batch.has_quotas or (before is not None and not batch.follow(before.batch, asked)):
        return None
    return Ahead(batch, [batch.answer(each) for each in asked])


@dataclass(slots=True)
class Ahead:
    """A batch decided without locks."""

    batch: "Batch"
    outcomes: list[Outcome]

    async def write(self, connection: Any) -> None:
        """Within the caller's transaction; raises Overtaken where a cart has changed or a level has too little left."""
        carts = self.batch.carts
        if carts.named and await read_carts(connection, carts.named, lock=True) != carts.found:
            raise Overtaken
        if not await self.batch.write(connection):
            raise Overtaken


@dataclass(slots=True)
class Batch:
    """What a batch knows, and what it is going to write."""

    known: dict[str, tuple[str, Outcome]]
    external: dict[ExternalId, First]
    networks: Mapping[UUID, Network]
    goods: Mapping[tuple[UUID, UUID], Goods]
    kits: Kits
    buyers: Mapping[UUID, Buyer]
    carts: "Carts"
    kept: dict[tuple[UUID, str], list[Kept]]
    shelves: Shelves
    numbers: Iterator[int]
    rows: Rows
    last: Act
    """Of the command that came last: facts about stock carry its time."""
    terms: dict[UUID, Terms] = field(default_factory=dict)
    waits: list[tuple[Any, ...]] = field(default_factory=list)
    consents: list[tuple[Any, ...]] = field(default_factory=list)
    merges: list[tuple[Any, ...]] = field(default_factory=list)
    loads: Loads = field(default_factory=Loads)
    claims: list[workload.Claimed] = field(default_factory=list)
    line_claims: list[LineClaimed] = field(default_factory=list)
    sent: list[First] = field(default_factory=list)
    has_quotas: bool = False
    drawn: list[ledger.Drawn] = field(default_factory=list)
    wrote: bool = False

    def answer(self, asked: Asked) -> Outcome:
        """The stored answer of a known key, the first order of a known external id, or a decision."""
        act = asked.act
        if act.key is not None and (known := self.known.get(asked.key_id)):
            marked, result = known
            return result if marked == asked.fingerprint else keep(KeyReused(act.key))
        named = asked.external
        try:
            if named and (first := self.external.get(named)):
                return {"id": str(first.sent_again(named[1], asked.content))}
            order_id = self._place(asked)
        except DomainError as refusal:
            result = keep(refusal)
        else:
            result = {"id": str(order_id)}
            if named:
                self.external[named] = First(order_id, asked.content)
                self.sent.append(self.external[named])
        if act.key is not None:
            self.known[asked.key_id] = asked.fingerprint, result
            self.rows.remember(act, asked.key_id, asked.fingerprint, result)
            self.wrote = True
        return result

    def follow(self, before: "Batch", asked: Sequence[Asked]) -> bool:
        """See what `before` has decided, committed or not yet; False where one cannot tell which, with nothing lost.

        A level that `before` claims from is read either as it was read then, or one version later.
        """
        for each in asked:
            if each.key_id in before.known:
                self.known[each.key_id] = before.known[each.key_id]
            named = each.external
            if named in before.external:
                self.external[named] = before.external[named]
        for variant_id, at in self.shelves.items():
            for place, older in before.shelves.get(variant_id, {}).items():
                claimed = older.allocated_delta or older.reserved_delta
                if claimed and (shelf := at.get(place)) and not shelf.follow(older):
                    return False
        return True

    async def write(self, connection: Any) -> bool:
        """Within the caller's transaction; False when a level has less left than is claimed, and all must be undone."""
        if not self.wrote:
            return True
        claimed = claimed_of(self.shelves)
        moved = await connection.fetchval(WRITE, *self.rows.parameters(claimed, self.last))
        if self.claims:
            await workload.claim(connection, self.claims, self.line_claims)
        if self.waits:
            await connection.execute(waits.WRITE, *arrays(self.waits, waits.COLUMNS))
        if self.sent:
            await connection.execute(external.KEEP, *external.kept(self.sent))
        if self.consents:
            await connection.execute(consents.WRITE, *arrays(self.consents, consents.COLUMNS))
        if self.merges:
            await connection.execute(asking.WRITE, *arrays(self.merges, asking.COLUMNS))
        if self.drawn:
            await connection.execute(ledger.WRITE, *ledger.written(self.drawn, STOCK_ACTOR, self.last.now))
        if self.rows.kits:
            await connection.execute(WRITE_KITS, *self.rows.kits.parameters())
        return bool(moved == len(claimed))

    def _place(self, asked: Asked) -> UUID:
        act, command = asked.act, asked.command
        network = self.networks[act.organization_id]
        channel = network.channels.get(command.channel_id)
        wrong = asked.wrong + problems(command, channel, network, self.goods, self.buyers)
        if wrong or channel is None:
            raise InvalidInput(wrong)
        kits: Sequence[OrderedKit] = ()
        if self.kits:
            command, kits = with_components(command, Sold(channel.id, self.goods, self.kits))
        cart = (act.organization_id, command.cart) if command.cart else None
        buyer = self.buyers.get(command.customer_id) if command.customer_id else None
        asker = Asker(segment=buyer.segment if buyer else "", now=act.now)
        kept = self.kept.get(cart, ()) if cart else ()
        groups = network.entitled(channel.id, asker.segment) if self.has_quotas else ()
        if self.has_quotas:
            mark_foreign(kept, groups)
        market = Market(
            channel, network, self.goods, self.shelves, self.loads, self.terms, groups, network.safety_rules
        )
        decided = decide(command, market, kept, asker, kits=kits)
        if cart:
            self.kept.pop(cart, None)
        self.wrote = True
        make = self.rows.make_id
        line_ids = [make() for _ in command.lines]
        if self.has_quotas:
            self.drawn += [ledger.Drawn(movement, act) for movement in draw_order(decided, line_ids, groups)]
        new = NewOrder(
            id=make(),
            act=act,
            command=command,
            channel=channel,
            number=f"{NUMBER_PREFIX}{next(self.numbers)}",
            decided=decided,
            line_ids=line_ids,
            units=routed(decided),
            customer_name=command.customer_name or (buyer.name if buyer else ""),
            customer_email=command.customer_email or (buyer.email if buyer else None),
        )
        if decided.backorders and (self.terms or channel.backorder_cancel_days):
            new.waits = self._wait(new)
        if decided.routed and (bringing := decided.routed.bringing):
            new.merge = merge_of(bringing, decided.routed.plan, act.now)
            self.merges += asking.rows_of(new)
        self.consents += consents.rows_of(new)
        self.rows.add(new)
        for place, day, units, lines in decided.claims:
            self.claims.append(workload.Claimed(new.id, place, day, units))
            self.line_claims += [LineClaimed(line_ids[line], place, day, each) for line, each in lines.items()]
        return new.id

    def _wait(self, new: NewOrder) -> dict[UUID, Wait]:
        found = {}
        for line, _ in new.decided.backorders:
            terms = self.terms.get(new.command.lines[line].variant_id)
            launch = terms and terms.launch(new.channel.id)
            if wait := wait_of(new.act.now, launch, new.channel.backorder_cancel_days):
                found[new.line_ids[line]] = wait
        self.waits += [waits.wait_row(new.id, line_id, wait) for line_id, wait in found.items()]
        return found


async def _read(connection: Any, asked: Sequence[Asked], *, lock: bool) -> Batch:
    wanted = {(line.variant_id, each.command.channel_id) for each in asked for line in each.command.lines}
    customers = {each.command.customer_id for each in asked if each.command.customer_id}
    keys = [each.key_id for each in asked if each.key_id]
    seen = await read_together(connection, wanted, keys, customers, len(asked))
    fresh = [each for each in asked if each.key_id not in seen.known]
    named = {(each.act.organization_id, each.command.cart) for each in fresh if each.command.cart}
    carts = Carts(named, await read_carts(connection, named, lock=lock))
    goods, kits = await with_parts(connection, seen.goods)
    variants = {variant for variant, _ in goods}.union(row["variant_id"] for row in carts.found)
    shelves, with_quotas = seen.shelves, seen.with_quotas
    if lock:
        shelves, with_quotas = await read_shelves(connection, variants, lock=True)
    elif more := variants.difference(variant for variant, _ in wanted):
        others, others_with_quotas = await read_shelves(connection, more, lock=False)
        shelves, with_quotas = shelves | others, with_quotas + others_with_quotas
    await read_quotas(connection, shelves, with_quotas, carts.found)
    networks = {key: await reference.network(connection, key) for key in {e.act.organization_id for e in fresh}}
    has_terms = any(network.has_backorder_terms for network in networks.values())
    has_own = any(network.has_channel_terms for network in networks.values())
    if any(network.safety_rules for network in networks.values()):
        await read_safety(connection, shelves)
    return Batch(
        known=seen.known,
        external=await external.first_orders(connection, [each.external for each in fresh if each.external]),
        networks=networks,
        goods=goods,
        kits=kits,
        buyers=seen.buyers,
        carts=carts,
        kept=on_shelves(carts.found, shelves),
        shelves=shelves,
        numbers=iter(seen.numbers),
        rows=Rows(swift_maker()),
        last=asked[-1].act,
        has_quotas=bool(with_quotas),
        loads=await _lock_loads(connection, networks, asked) if lock else Loads(),
        terms=await waits.read_terms(connection, {v for v, _ in goods}, has_own=has_own, lock=lock)
        if has_terms
        else {},
    )


async def _lock_loads(connection: Any, networks: Mapping[UUID, Network], asked: Sequence[Asked]) -> Loads:
    to: set[UUID] = set()
    if any(network.brought_to and network.workplaces for network in networks.values()):
        to = {line.pickup_location_id for each in asked for line in each.command.lines if line.pickup_location_id}
    return await workload.lock_loads(connection, networks, asked[-1].act.now, to)
