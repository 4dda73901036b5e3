"""Notes are kept word for word, and private ones are nobody else's business."""

import pytest

from actions.orders.noting import MAX_NOTES_OF_ORDER, AddNote, add_note
from domain.errors import InvalidInput, NotFound
from domain.facts import FactKind
from models import Order, OrderNote, OutboxFact
from models.orders import NoteVisibility
from tests.world import furnish
from tests.world.orders import new_order

pytestmark = pytest.mark.usefixtures("database")


async def test_a_note_says_who_wrote_it_and_when():
    world = await furnish()
    order = await new_order(world)

    await add_note(world.act(actor="agent:ann"), AddNote(order_id=order.id, text="  Call before delivery. "))

    note = await OrderNote.get()
    assert (note.text, note.visibility) == ("Call before delivery.", NoteVisibility.PRIVATE)
    assert (note.author, note.written_at, note.order_id) == ("agent:ann", world.now, order.id)


async def test_a_note_does_not_change_the_order():
    world = await furnish()
    order = await new_order(world)

    await add_note(world.act(), AddNote(order_id=order.id, text="Nice customer."))

    assert (await Order.get(id=order.id)).version == order.version


@pytest.mark.parametrize("visibility", list(NoteVisibility))
async def test_a_fact_never_carries_the_text_and_is_filed_under_the_customer_only_for_a_public_note(visibility):
    world = await furnish()
    order = await new_order(world, customer=world.customer)

    await add_note(world.act(), AddNote(order_id=order.id, text="He swears a lot.", visibility=visibility))

    fact = await OutboxFact.get(kind=FactKind.NOTE_ADDED)
    assert "swears" not in str(fact.payload)
    assert (fact.customer_id is not None) == (visibility is NoteVisibility.PUBLIC)


@pytest.mark.parametrize("text", ["", "  ", "x" * 4001, "nul\x00"])
async def test_a_note_without_words_or_with_too_many_is_refused(text):
    world = await furnish()
    order = await new_order(world)

    with pytest.raises(InvalidInput) as refusal:
        await add_note(world.act(), AddNote(order_id=order.id, text=text))

    assert [problem.path for problem in refusal.value.problems] == ["text"]
    assert await OrderNote.all().count() == 0


async def test_an_order_has_so_many_notes_and_no_more():
    world = await furnish()
    order = await new_order(world)
    written = {"visibility": NoteVisibility.PRIVATE, "author": "a", "written_at": world.now}
    await OrderNote.bulk_create(OrderNote(order=order, text="a", **written) for _ in range(MAX_NOTES_OF_ORDER))

    with pytest.raises(InvalidInput):
        await add_note(world.act(), AddNote(order_id=order.id, text="one more"))

    assert await OrderNote.all().count() == MAX_NOTES_OF_ORDER


async def test_nobody_writes_on_the_order_of_another_organization():
    world, other = await furnish(), await furnish()
    order = await new_order(world)

    with pytest.raises(NotFound):
        await add_note(other.act(), AddNote(order_id=order.id, text="hello"))

    assert await OrderNote.all().count() == 0
