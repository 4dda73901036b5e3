"""Refusals are sentences."""

from domain.errors import AlreadyExists, IllegalTransition
from domain.lifecycle import UnitStatus


def test_what_cannot_be_done_is_said_in_words_and_told_in_codes():
    refusal = IllegalTransition("receive", UnitStatus.READY_FOR_PICKUP, [UnitStatus.PICKED_UP, UnitStatus.SHIPPED])

    assert str(refusal) == "Cannot receive what is ready for pickup; it must be picked up or shipped."
    assert (refusal.was, refusal.allowed_from) == ("ready_for_pickup", ("picked_up", "shipped"))


def test_a_sentence_lists_no_more_statuses_than_one_reads():
    many = list(UnitStatus)[:5]

    refusal = IllegalTransition("cancel 2 units of", UnitStatus.SHIPPED, many)

    assert str(refusal) == "Cannot cancel 2 units of what is shipped."
    assert refusal.allowed_from == tuple(many)


def test_what_exists_already_has_its_article():
    assert str(AlreadyExists("organization", "acme")) == "There is an organization 'acme' already."
    assert str(AlreadyExists("hold", "fraud")) == "There is a hold 'fraud' already."
