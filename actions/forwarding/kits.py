"""Kits on the way to where they are handed over: all of one leaves at once, and it has arrived when all of it has."""

from collections.abc import Iterator, Mapping
from uuid import UUID

from actions.changing import OrderChange, StandingKit
from actions.transfers.papers import Paper
from domain.errors import InputProblem, InvalidInput
from domain.kits import Come, kits_come, whole_kits
from models import TransferLine


def check_sent_whole(change: OrderChange, paper: Paper) -> None:
    """Raises InvalidInput where components would leave without the rest of their kit."""
    for kit, lines in _kits_on(change, paper):
        shipped = {line_id: line.shipped for line_id, line in lines.items()}
        kits = whole_kits(shipped, kit.in_one)
        if any(units != kits * kit.in_one[line_id] for line_id, units in shipped.items()):
            why = f"Kit {kit.sku} would leave in part: send {kits} of it, and say as `found` what else of it is there."
            raise InvalidInput([InputProblem("lines", "KIT_INCOMPLETE", why)])


def come_whole(change: OrderChange, paper: Paper, come: Mapping[UUID, Come]) -> Iterator[tuple[TransferLine, Come]]:
    """By transfer line, what of it the order has now and what it waited for in vain: of kits whole ones.

    What arrived of a kit that cannot be whole any more is anybody's. Raises InvalidInput where the rest of a kit is still
    under way.
    """
    inside: set[UUID] = set()
    for kit, lines in _kits_on(change, paper):
        kits = kits_come({line_id: come[line.id] for line_id, line in lines.items()}, kit.in_one)
        if kits is None:
            why = (
                f"Part of kit {kit.sku} is still under way: take it in with the rest, or say that the rest is missing."
            )
            raise InvalidInput([InputProblem("lines", "KIT_INCOMPLETE", why)])
        for line_id, line in lines.items():
            inside.add(line.id)
            yield line, Come(*(each * kit.in_one[line_id] for each in kits))
    for line in paper.lines.values():
        if line.id not in inside:
            yield line, come[line.id]


def _kits_on(change: OrderChange, paper: Paper) -> Iterator[tuple[StandingKit, dict[UUID, TransferLine]]]:
    """The kits that the transfer brings, with its lines by those of the order."""
    lines = {line.order_line_id: line for line in paper.lines.values() if line.order_line_id}
    for kit in change.kits:
        if kit.in_one.keys() <= lines.keys():
            yield kit, {line_id: lines[line_id] for line_id in kit.in_one}
