"""Kits: what they are made of changes, and they are kept, ordered, drafted, cancelled and parted beside everything else."""

from actions.kits import KitPart, SetKitComponents, set_kit_components
from actions.orders.cancelling import CancelledKit, CancelOrder, cancel
from actions.orders.drafting import draft
from actions.orders.parting import PartKit, part
from actions.substituting.proposing import ProposeSubstitute, propose
from domain.placing.commands import CartLine, OrderedLine, PlaceOrder, ReserveCart
from models import Variant
from tests.actions.stock_walk.order_steps import ADDRESS, cart, channel, one_delivery, ordered
from tests.actions.stock_walk.walk import Walk

KIT = """
SELECT k.id, k.order_id, k.quantity FROM order_kits k JOIN orders o ON o.id = k.order_id
WHERE k.parted_at IS NULL OR $1 ORDER BY o.number, k.position"""
WAITING_KIT = """
SELECT DISTINCT k.id, k.order_id, k.variant_id, k.position, o.number FROM order_kits k JOIN orders o ON o.id = k.order_id
JOIN kit_lines c ON c.kit_id = k.id JOIN line_status s ON s.line_id = c.line_id
WHERE k.parted_at IS NULL AND s.status IN ('backordered', 'unscheduled') ORDER BY o.number, k.position"""
MOST_IN_ONE = 3


async def compose_kit(walk: Walk) -> None:
    chosen = walk.luck.sample(list(walk.world.variants.values()), walk.luck.randint(1, len(walk.world.variants)))
    parts = tuple(KitPart(variant_id=each.id, quantity=walk.luck.randint(1, MOST_IN_ONE)) for each in chosen)
    await walk.do(set_kit_components, SetKitComponents(variant_id=kit(walk).id, components=parts))


async def reserve_kits(walk: Walk) -> None:
    """Beside single units, now and then."""
    chosen = {kit(walk).id, *([walk.variant().id] if walk.is_lucky(0.4) else [])}
    lines = tuple(CartLine(variant_id=each, quantity=walk.luck.randint(1, 3)) for each in sorted(chosen))
    command = ReserveCart(channel_id=channel(walk), cart=cart(walk), lines=lines)
    walk.steps[-1] += f" {command}"
    await walk.desk.reserve(walk.act(), command)


async def place_kits(walk: Walk) -> None:
    command = PlaceOrder(
        channel_id=channel(walk),
        lines=some(walk),
        shipping_address=ADDRESS,
        cart=cart(walk) if walk.is_lucky(0.5) else None,
        allow_backorder=walk.is_lucky(0.7),
        deliver_together=one_delivery(walk),
    )
    await walk.do(walk.desk.place, command)


async def write_draft_of_kits(walk: Walk) -> None:
    together = one_delivery(walk)
    command = PlaceOrder(
        channel_id=channel(walk), lines=some(walk), shipping_address=ADDRESS, deliver_together=together
    )
    await walk.do(draft, command)


async def cancel_kits(walk: Walk) -> None:
    row = await walk.one_of(KIT, walk.strays())
    quantity = walk.luck.choice((None, 1, walk.luck.randint(1, row["quantity"])))
    named = CancelledKit(kit_id=row["id"], quantity=quantity)
    await walk.do(cancel, CancelOrder(order_id=row["order_id"], kits=(named,)))


async def propose_instead_of_kits(walk: Walk) -> None:
    """Kits of the other sort, or a variant."""
    row = await walk.one_of(WAITING_KIT)
    others = [each for each in (*walk.kits, *walk.world.variants.values()) if each.id != row["variant_id"]]
    command = ProposeSubstitute(
        order_id=row["order_id"],
        kit_id=row["id"],
        variant_id=walk.luck.choice(others).id,
        quantity=walk.luck.choice((None, 1)),
    )
    await walk.do(propose, command)


async def part_kits(walk: Walk) -> None:
    await walk.do(part, PartKit(kit_id=(await walk.one_of(KIT, walk.strays()))["id"], reason="asked"))


def some(walk: Walk) -> tuple[OrderedLine, ...]:
    """One or two lines of kits, and lines of single units around them."""
    kits = [ordered(walk, kit(walk)) for _ in range(walk.luck.choice((1, 1, 2)))]
    lines = [*kits, *(ordered(walk) for _ in range(walk.luck.choice((0, 0, 1, 2))))]
    walk.luck.shuffle(lines)
    return tuple(lines)


def kit(walk: Walk) -> Variant:
    return walk.luck.choice(walk.kits)
