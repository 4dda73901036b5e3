"""Every step there is, how often it is chosen, and which actions it may take. A new action of stock is one more line here.

A walk takes the steps of some areas only: one that does a bit of everything gets nowhere in any. (Groce et al., "Swarm
Testing", ISSTA 2012.) What comes late in the life of something is chosen more often, for it is rarely possible.
"""

import random
from collections.abc import Awaitable, Callable
from typing import Any

from actions import counting, inventory, reordering, reservations
from actions.backordering import deadlines
from actions.chaining import answering as vendors_answers
from actions.chaining import ordering as chaining
from actions.chaining import shipping as vendors_parcels
from actions.desk import Desk
from actions.forwarding import accepting as forwarding_yes
from actions.forwarding import declining as forwarding
from actions.forwarding import merging
from actions.fulfilment import accepting, declining, picking, pickup, releasing, waves
from actions.kits import set_kit_components
from actions.orders import cancelling, drafting, holding, parting, recalling, relocating
from actions.parcels import consolidating, manifests, packing, shipping, tracking
from actions.pickups import answering
from actions.promising import supplies
from actions.purchasing import offers, ordering, receiving
from actions.quotas import groups, planning, plans
from actions.reoptimizing import running
from actions.substituting import at_once, proposing
from actions.transfers import drafting as transfers
from actions.transfers import moving
from tests.actions.stock_walk import count_steps as count
from tests.actions.stock_walk import kit_steps as kit
from tests.actions.stock_walk import location_steps as location
from tests.actions.stock_walk import order_steps as order
from tests.actions.stock_walk import purchase_steps as purchase
from tests.actions.stock_walk import quota_steps as quota
from tests.actions.stock_walk import stock_steps as stock
from tests.actions.stock_walk import transfer_steps as transfer
from tests.actions.stock_walk import vendor_steps as vendor
from tests.actions.stock_walk import wave_steps as wave
from tests.actions.stock_walk.walk import NothingToDo, Walk


class Step:
    """`actions` are those that `take` hands to `Walk.do`, or the desk takes for it."""

    def __init__(self, weight: int, take: Callable[[Walk], Awaitable[None]], *actions: Callable[..., Any]) -> None:
        self.weight, self.take, self.actions = weight, take, actions

    @property
    def name(self) -> str:
        return self.take.__name__


STEPS = (
    Step(5, stock.receive, inventory.receive),
    Step(4, stock.adjust, inventory.adjust),
    Step(1, stock.transfer_in, inventory.transfer_in),
    Step(2, stock.mark_damaged, inventory.mark_damaged),
    Step(2, stock.mark_repaired, inventory.mark_repaired),
    Step(2, stock.quarantine, inventory.quarantine),
    Step(2, stock.clear, inventory.clear),
    Step(1, stock.condemn, inventory.condemn),
    Step(1, stock.discard, inventory.discard),
    Step(2, stock.set_safety_stock, inventory.set_safety_stock),
    Step(6, transfer.write_transfer, transfers.create, transfers.make_ready),
    Step(3, transfer.change_transfer, transfers.change, transfers.make_ready),
    Step(10, transfer.ship_transfer, moving.ship),
    Step(4, transfer.accept_transfer, forwarding_yes.accept),
    Step(12, transfer.decline_transfer, forwarding.decline),
    Step(16, transfer.receive_transfer, moving.receive),
    Step(4, transfer.cancel_transfer, moving.cancel),
    Step(4, purchase.buy, ordering.create, ordering.order),
    Step(6, purchase.order_draft, ordering.change, ordering.order),
    Step(1, purchase.reschedule_purchase, ordering.reschedule),
    Step(16, purchase.receive_purchase, receiving.receive),
    Step(6, purchase.close_purchase, receiving.close),
    Step(2, purchase.cancel_purchase, ordering.cancel),
    Step(2, purchase.set_reorder_rule, reordering.set_rule),
    Step(2, purchase.order_suggestions, reordering.order_suggestions),
    Step(3, purchase.announce_supply, supplies.announce),
    Step(2, purchase.change_supply, supplies.change),
    Step(6, purchase.receive_supply, supplies.receive),
    Step(2, purchase.cancel_supply, supplies.cancel),
    Step(6, count.open_count, counting.open_count),
    Step(6, count.look_at_shelf),
    Step(12, count.write_down, counting.record),
    Step(6, count.count_sheet, counting.record),
    Step(10, count.submit_count, counting.submit),
    Step(12, count.approve_count, counting.approve),
    Step(4, count.recount, counting.recount),
    Step(1, count.cancel_count, counting.cancel),
    Step(6, quota.keep_group, groups.upsert_group),
    Step(10, quota.set_aside, planning.set_aside),
    Step(3, quota.move_quota, planning.move_quotas),
    Step(3, quota.return_quota, planning.return_quotas),
    Step(6, quota.plan_quota, plans.plan_quota),
    Step(2, quota.end_plan, plans.end_plan),
    Step(8, quota.fill),
    Step(6, order.reserve, Desk.reserve),
    Step(1, order.extend, reservations.extend),
    Step(1, order.release_cart, reservations.release),
    Step(3, order.expire_carts),
    Step(10, order.place, Desk.place),
    Step(5, order.place_at_once, at_once.place),
    Step(2, order.write_draft, drafting.draft),
    Step(4, order.place_written, drafting.place_draft),
    Step(2, order.bring_together, merging.deliver_together),
    Step(1, order.wait_no_more, merging.deliver_without_waiting),
    Step(1, order.hold_order, holding.apply_hold),
    Step(4, order.resolve_held, holding.resolve_hold),
    Step(6, order.propose_substitute, proposing.propose),
    Step(16, order.answer_substitution, proposing.answer),
    Step(2, order.wait_until, deadlines.set_deadline),
    Step(16, order.answer_question, answering.answer),
    Step(4, order.choose_another_location, relocating.choose_location),
    Step(4, order.cancel_order, cancelling.cancel),
    Step(3, order.request, recalling.request_cancellation),
    Step(6, order.answer, recalling.answer_cancellation),
    Step(3, order.retry_waiting),
    Step(2, kit.compose_kit, set_kit_components),
    Step(4, kit.reserve_kits, Desk.reserve),
    Step(20, kit.place_kits, Desk.place),
    Step(2, kit.write_draft_of_kits, drafting.draft),
    Step(5, kit.cancel_kits, cancelling.cancel),
    Step(4, kit.propose_instead_of_kits, proposing.propose),
    Step(2, kit.part_kits, parting.part),
    Step(10, location.release_order, releasing.release),
    Step(12, location.accept_work, accepting.accept),
    Step(4, location.decline_work, declining.decline),
    Step(16, location.pick_units, picking.pick),
    Step(5, location.short_pick_units, picking.short_pick),
    Step(20, location.pack_units, packing.pack),
    Step(2, location.unpack_parcel, packing.unpack),
    Step(24, location.ship_parcel, shipping.ship),
    Step(20, location.make_pickup_ready, pickup.make_ready),
    Step(24, location.hand_over_pickup, pickup.hand_over),
    Step(2, wave.release_orders, waves.release_wave),
    Step(4, wave.accept_together, waves.accept_wave),
    Step(6, wave.pick_together, waves.pick_wave),
    Step(8, wave.pack_together, manifests.pack_wave),
    Step(10, wave.make_ready_together, waves.make_ready_wave),
    Step(12, wave.hand_over_together, waves.hand_over_wave),
    Step(12, wave.hand_to_carrier, manifests.ship_manifest),
    Step(12, wave.put_together, consolidating.consolidate),
    Step(60, wave.take_apart, consolidating.split_off),
    Step(8, wave.deliver_parcels, manifests.deliver_wave, tracking.deliver),
    Step(3, wave.look_at_clock),
    Step(2, wave.route_together, running.reoptimize),
    Step(4, vendor.offer, offers.upsert_offer),
    Step(4, vendor.want_more, Desk.place),
    Step(16, vendor.chain, chaining.chain_order, offers.upsert_offer),
    Step(12, vendor.acknowledge, vendors_answers.acknowledge),
    Step(3, vendor.decline, vendors_answers.decline),
    Step(12, vendor.report, vendors_parcels.report_shipment),
)
AREAS = (stock, transfer, purchase, count, quota, kit, location, wave, vendor)
MOST_AREAS = 4


def drawn(luck: random.Random) -> tuple[Step, ...]:
    """The steps of some areas, and those with orders, which there always are."""
    chosen = [order, *luck.sample(AREAS, luck.randint(1, MOST_AREAS))]
    names = {area.__name__ for area in chosen}
    return tuple(each for each in STEPS if each.take.__module__ in names)


async def step(walk: Walk) -> None:
    """The first one chosen that makes sense now."""
    while True:
        [chosen] = walk.luck.choices(walk.open, [each.weight for each in walk.open])
        try:
            return await walk.take(chosen)
        except NothingToDo:
            continue
