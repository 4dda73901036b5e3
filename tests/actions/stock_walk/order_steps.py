"""Carts and orders: kept, placed, cancelled, and the second chance of what waits."""

from dataclasses import replace
from datetime import timedelta
from uuid import UUID

from actions import reservations
from actions.backordering.deadlines import SetBackorderDeadline, set_deadline
from actions.backorders import retry_all_backorders, retry_backorders
from actions.forwarding import merging
from actions.forwarding.merging import DeliverTogether, DeliverWithoutWaiting
from actions.orders.cancelling import CancelledLine, CancelOrder, cancel
from actions.orders.drafting import PlaceDraft, draft, place_draft
from actions.orders.holding import ApplyHold, ResolveHold, apply_hold, resolve_hold
from actions.orders.recalling import AnswerCancellation, RequestCancellation, answer_cancellation, request_cancellation
from actions.orders.relocating import ChooseLocation, choose_location
from actions.pickups import answering
from actions.pickups.answering import AnswerPickup
from actions.substituting import at_once, proposing
from actions.substituting.proposing import AnswerSubstitution, ProposeSubstitute
from domain.holds import HoldKind
from domain.orders import FulfilmentMethod
from domain.pickups import PickupChoice
from domain.placing.commands import Address, CartLine, OrderedLine, PlaceOrder, ReserveCart, Together
from models import Variant
from tests.actions.stock_walk.walk import Walk

ADDRESS = Address(
    name="Ada Example",
    line1="1 Beacon Street",
    city="Boston",
    region="MA",
    postal_code="02108",
    country="US",
    latitude=42.36,
    longitude=-71.06,
)
ORDER = "SELECT id FROM orders ORDER BY number"
WAITING = """
SELECT DISTINCT o.number, o.id FROM orders o JOIN line_status s ON s.order_id = o.id
WHERE s.status = 'backordered' ORDER BY o.number"""
WAITING_LINE = """
SELECT DISTINCT o.number, l.position, l.id, l.order_id, l.variant_id FROM orders o JOIN order_lines l ON l.order_id = o.id
JOIN line_status s ON s.line_id = l.id WHERE s.status = 'backordered' ORDER BY o.number, l.position"""
PROPOSED = """
SELECT p.id FROM substitutions p JOIN order_lines l ON l.id = p.line_id JOIN orders o ON o.id = l.order_id
WHERE p.status = 'proposed' OR $1 ORDER BY o.number, l.position, p.id"""
QUESTION = """
SELECT q.id FROM pickup_questions q JOIN order_lines l ON l.id = q.line_id JOIN orders o ON o.id = l.order_id
WHERE q.status = 'open' OR $1 ORDER BY o.number, l.position, q.id"""
DRAFT = "SELECT id FROM orders WHERE status = 'draft' OR $1 ORDER BY number"
MERGED = "SELECT g.order_id FROM order_merges g JOIN orders o ON o.id = g.order_id ORDER BY o.number"
HOLD = """
SELECT h.id, h.order_id FROM holds h JOIN orders o ON o.id = h.order_id
WHERE h.status <> 'resolved' ORDER BY o.number, h.kind"""
WORK = """
SELECT s.fulfilment_id, s.line_id FROM line_status s JOIN fulfilments f ON f.id = s.fulfilment_id
JOIN order_lines l ON l.id = s.line_id ORDER BY f.number, l.position, s.status"""
REQUEST = """
SELECT c.id FROM cancellation_requests c JOIN fulfilments f ON f.id = c.fulfilment_id
JOIN order_lines l ON l.id = c.line_id ORDER BY f.number, l.position, c.id"""


async def reserve(walk: Walk) -> None:
    lines = tuple(
        CartLine(
            variant_id=variant.id,
            quantity=walk.luck.randint(1, 4),
            location_id=walk.location().id if walk.is_lucky(0.3) else None,
        )
        for variant in walk.luck.sample(list(walk.world.variants.values()), walk.luck.randint(0, 2))
    )
    command = ReserveCart(channel_id=channel(walk), cart=cart(walk), lines=lines)
    walk.steps[-1] += f" {command}"
    await walk.desk.reserve(walk.act(), command)


async def extend(walk: Walk) -> None:
    await walk.do(reservations.extend, cart(walk))


async def release_cart(walk: Walk) -> None:
    await walk.do(reservations.release, cart(walk))


async def expire_carts(walk: Walk) -> None:
    await reservations.expire_due("job:expiry", walk.now)


def one_delivery(walk: Walk) -> Together | None:
    """Asked for now and then, from somewhere or from where it costs least."""
    if not walk.is_lucky(0.2):
        return None
    return Together(location_id=walk.location().id if walk.is_lucky(0.3) else None, wait_days=1)


async def place(walk: Walk) -> None:
    command = PlaceOrder(
        channel_id=channel(walk),
        lines=tuple(ordered(walk) for _ in range(walk.luck.choice((1, 1, 2, 3)))),
        shipping_address=ADDRESS,
        cart=cart(walk) if walk.is_lucky(0.5) else None,
        allow_backorder=walk.is_lucky(0.6),
        deliver_together=one_delivery(walk),
    )
    await walk.do(walk.desk.place, command)


async def place_at_once(walk: Walk) -> None:
    """With something else for what is not there, if that is enough."""
    lines = tuple(replace(ordered(walk), allow_substitutes=True) for _ in range(walk.luck.choice((1, 2))))
    command = PlaceOrder(
        channel_id=channel(walk),
        lines=lines,
        shipping_address=ADDRESS,
        cart=cart(walk) if walk.is_lucky(0.5) else None,
        allow_backorder=walk.is_lucky(0.2),
    )
    walk.steps[-1] += f" {command}"
    await at_once.place(walk.act(), walk.desk, command)


async def write_draft(walk: Walk) -> None:
    lines = tuple(ordered(walk) for _ in range(walk.luck.choice((1, 2))))
    command = PlaceOrder(
        channel_id=channel(walk), lines=lines, shipping_address=ADDRESS, deliver_together=one_delivery(walk)
    )
    await walk.do(draft, command)


async def place_written(walk: Walk) -> None:
    await walk.do(place_draft, PlaceDraft(order_id=(await walk.one_of(DRAFT, walk.strays()))["id"]))


async def bring_together(walk: Walk) -> None:
    at = walk.location().id if walk.is_lucky(0.5) else None
    command = DeliverTogether(order_id=(await walk.one_of(ORDER))["id"], location_id=at, wait_days=1)
    await walk.do(merging.deliver_together, command)


async def wait_no_more(walk: Walk) -> None:
    key = (await walk.one_of(MERGED))["order_id"]
    await walk.do(merging.deliver_without_waiting, DeliverWithoutWaiting(order_id=key))


async def hold_order(walk: Walk) -> None:
    key = (await walk.one_of(ORDER))["id"]
    await walk.do(apply_hold, ApplyHold(order_id=key, kind=walk.luck.choice(list(HoldKind))))


async def resolve_held(walk: Walk) -> None:
    held = await walk.one_of(HOLD)
    await walk.do(resolve_hold, ResolveHold(order_id=held["order_id"], hold_id=held["id"]))


async def propose_substitute(walk: Walk) -> None:
    line = await walk.one_of(WAITING_LINE)
    other = next(each for each in walk.world.variants.values() if each.id != line["variant_id"])
    until = walk.now + timedelta(minutes=10) if walk.is_lucky(0.5) else None
    quantity = walk.luck.choice((None, 1))
    command = ProposeSubstitute(
        order_id=line["order_id"], line_id=line["id"], variant_id=other.id, quantity=quantity, expires_at=until
    )
    await walk.do(proposing.propose, command)


async def answer_substitution(walk: Walk) -> None:
    key = (await walk.one_of(PROPOSED, walk.strays()))["id"]
    await walk.do(proposing.answer, AnswerSubstitution(substitution_id=key, accept=walk.is_lucky(0.7)))


async def wait_until(walk: Walk) -> None:
    until = walk.now + timedelta(days=1) if walk.is_lucky(0.7) else None
    command = SetBackorderDeadline(order_id=(await walk.one_of(WAITING))["id"], reason="asked", cancels_at=until)
    await walk.do(set_deadline, command)


async def choose_another_location(walk: Walk) -> None:
    command = ChooseLocation(order_id=(await walk.one_of(ORDER))["id"], location_id=walk.location().id, reason="asked")
    await walk.do(choose_location, command)


async def answer_question(walk: Walk) -> None:
    choice = walk.luck.choice(list(PickupChoice))
    elsewhere = walk.location().id if choice is PickupChoice.COLLECT_ELSEWHERE else None
    command = AnswerPickup(
        question_id=(await walk.one_of(QUESTION, walk.strays()))["id"],
        choice=choice,
        pickup_location_id=elsewhere,
        shipping_address=ADDRESS if choice is PickupChoice.SHIP else None,
        quantity=walk.luck.choice((None, None, 1)),
    )
    await walk.do(answering.answer, command)


async def cancel_order(walk: Walk) -> None:
    order_id = (await walk.one_of(ORDER))["id"]
    lines = await walk.all_of("SELECT id, quantity FROM order_lines WHERE order_id = $1 ORDER BY position", order_id)
    line = walk.luck.choice(lines)
    named = CancelledLine(line_id=line["id"], quantity=walk.luck.randint(1, line["quantity"]))
    await walk.do(cancel, CancelOrder(order_id=order_id, lines=(named,) if walk.is_lucky(0.6) else ()))


async def request(walk: Walk) -> None:
    work = await walk.one_of(WORK)
    quantity = walk.luck.choice((None, 1, 1, 2))
    line_id = work["line_id"] if quantity or walk.is_lucky(0.5) else None
    command = RequestCancellation(fulfilment_id=work["fulfilment_id"], line_id=line_id, quantity=quantity)
    await walk.do(request_cancellation, command)


async def answer(walk: Walk) -> None:
    command = AnswerCancellation(request_id=(await walk.one_of(REQUEST))["id"], accept=walk.is_lucky(0.7))
    await walk.do(answer_cancellation, command)


async def retry_waiting(walk: Walk) -> None:
    if walk.is_lucky(0.5):
        await retry_all_backorders(walk.now)
    else:
        await retry_backorders(walk.act(), [walk.variant().id])


def ordered(walk: Walk, goods: Variant | None = None) -> OrderedLine:
    """Of the goods, or of any that lie on shelves."""
    variant, quantity = (goods or walk.variant()).id, walk.luck.randint(1, 4)
    match walk.luck.choice(("ship", "ship", "from", "collect")):
        case "from":
            return OrderedLine(variant_id=variant, quantity=quantity, location_id=walk.location().id)
        case "collect":
            at = walk.location().id
            return OrderedLine(
                variant_id=variant, quantity=quantity, method=FulfilmentMethod.PICKUP, pickup_location_id=at
            )
        case _:
            return OrderedLine(variant_id=variant, quantity=quantity, allow_substitutes=walk.is_lucky(0.3))


def channel(walk: Walk) -> UUID:
    return walk.luck.choice(list(walk.world.channels.values())).id


def cart(walk: Walk) -> str:
    """One of few, so that they meet."""
    return f"cart-{walk.luck.randint(1, 4)}"
