"""Write notes on orders: public ones for the customer too, private ones for staff."""

from dataclasses import dataclass
from typing import Final
from uuid import UUID

from actions import outbox
from actions.acting import Act, action
from actions.changing import lock_order
from domain.facts import Fact, FactKind
from domain.validation import Checks
from models import Order, OrderNote
from models.orders import NoteVisibility

MAX_NOTE_CHARACTERS: Final = 4000
MAX_NOTES_OF_ORDER: Final = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class AddNote:
    order_id: UUID
    text: str
    visibility: NoteVisibility = NoteVisibility.PRIVATE


@action
async def add_note(act: Act, command: AddNote) -> UUID:
    """A note changes nothing in the order, so its version stays. Raises InvalidInput or NotFound."""
    checks = Checks()
    checks.text("text", command.text, longest=MAX_NOTE_CHARACTERS)
    checks.refuse()
    change = await lock_order(act, command.order_id)
    if await OrderNote.filter(order_id=command.order_id).count() >= MAX_NOTES_OF_ORDER:
        checks.note("text", "TOO_MANY", f"An order has at most {MAX_NOTES_OF_ORDER} notes.")
        checks.refuse()
    note = await OrderNote.create(
        order_id=command.order_id,
        text=command.text.strip(),
        visibility=command.visibility,
        author=act.actor,
        written_at=act.now,
    )
    await outbox.record(act.organization_id, act.actor, act.now, [_fact(change.order, note)])
    return command.order_id


def _fact(order: Order, note: OrderNote) -> Fact:
    """That there is a note, not what it says: who may read it finds it on the order.

    A private one isn't filed under the customer, who hears nothing of it.
    """
    is_public = note.visibility is NoteVisibility.PUBLIC
    return Fact(
        kind=FactKind.NOTE_ADDED,
        order_id=order.id,
        channel_id=order.channel_id,
        customer_id=order.customer_id if is_public else None,
        payload={"number": order.number, "note": str(note.id), "visibility": note.visibility.value},
    )
