"""Refusals are sentences."""

from domain.errors import IllegalTransition
from domain.lifecycle import UnitStatus


def test_what_cannot_be_done_is_said_in_words_and_told_in_codes():
    refusal = IllegalTransition("receive", UnitStatus.READY_FOR_PICKUP, [UnitStatus.PICKED_UP, UnitStatus.SHIPPED])

    assert str(refusal) == "Cannot receive what is ready for pickup; it must be picked up or shipped."
    assert (refusal.was, refusal.allowed_from) == ("ready_for_pickup", ("picked_up", "shipped"))
