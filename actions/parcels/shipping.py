"""Out of the door with a carrier."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Final
from uuid import UUID

from tortoise.exceptions import IntegrityError

from actions.acting import Act, action
from actions.changing import save
from actions.fulfilment.progress import find_fulfilments, store
from actions.orders.confirming import check_paid
from actions.orders.recalling import settle_requests
from actions.parcels.contents import check_open, lock_parcel, move_contents
from domain.carriers import LabelStatus
from domain.errors import AlreadyExists
from domain.fulfilment import check_way
from domain.lifecycle import Action
from domain.validation import Checks
from models import Label
from models.db import violated

CARRIER_CHARACTERS: Final = 32
TRACKING_CHARACTERS: Final = 64


@dataclass(frozen=True, slots=True, kw_only=True)
class ShipParcel:
    """`service` is the carrier's, such as GROUND. Without a tracking number nobody will report on the parcel.

    A parcel with a bought label goes by it: what else is given must be the same.
    """

    parcel_id: UUID
    carrier: str | None = None
    service: str | None = None
    tracking_number: str | None = None
    expected_version: int | None = None


@action
async def ship(act: Act, command: ShipParcel) -> UUID:
    """Everything in the parcel leaves the location, and its stock, for every order it carries.

    Raises NotFound, Conflict, InvalidInput, IllegalTransition, BlockedByHold when any of the orders is held, NotPaid when
    the authorisation that confirmed one of them is gone, and AlreadyExists for a tracking number that another parcel of
    the carrier has.
    """
    changes, parcel, lines = await lock_parcel(act, command.parcel_id, command.expected_version)
    check_open(parcel, Action.SHIP)
    command = await _by_label(command)
    for change in changes.values():
        await check_paid(change.order)
    fulfilments = await find_fulfilments(act, {line.fulfilment_id for line in lines})
    for fulfilment in fulfilments.values():
        check_way(Action.SHIP, fulfilment.method)
    parcel.carrier, parcel.service = command.carrier, command.service or None
    parcel.tracking_number = command.tracking_number or None
    parcel.shipped_at = act.now
    parcel.version += 1
    move_contents(act, changes, fulfilments.values(), parcel, lines, Action.SHIP)
    try:
        await parcel.save(update_fields=["carrier", "service", "tracking_number", "shipped_at", "version"])
    except IntegrityError as error:
        if violated(error):
            raise AlreadyExists("parcel", f"{command.carrier} {command.tracking_number}") from error
        raise
    await store(list(fulfilments.values()))
    for change in changes.values():
        await settle_requests(act, change)
    await save(act, list(changes.values()))
    return parcel.id


async def bought_labels(parcel_ids: Iterable[UUID]) -> dict[UUID, Label]:
    """The labels that parcels leave with, by parcel."""
    found = await Label.filter(parcel_id__in=list(parcel_ids), status=LabelStatus.BOUGHT)
    return {label.parcel_id: label for label in found if label.parcel_id}


def check_label(checks: Checks, label: Label, **given: str | None) -> None:
    """Notes what is given and not what the parcel's label says."""
    for name, value in given.items():
        if value and value != getattr(label, name):
            checks.note(name, "LABEL_DIFFERS", f"The parcel's label says {getattr(label, name)}. Void it first.")


async def _by_label(command: ShipParcel) -> ShipParcel:
    """As its label says, if it has one. Raises InvalidInput."""
    checks = Checks()
    label = (await bought_labels([command.parcel_id])).get(command.parcel_id)
    if label is not None:
        given = {name: getattr(command, name) for name in ("carrier", "service", "tracking_number")}
        check_label(checks, label, **given)
        command = replace(command, carrier=label.carrier, service=label.service, tracking_number=label.tracking_number)
    checks.code("carrier", command.carrier, longest=CARRIER_CHARACTERS)
    if command.service:
        checks.code("service", command.service, longest=CARRIER_CHARACTERS)
    if command.tracking_number:
        checks.code("tracking_number", command.tracking_number, longest=TRACKING_CHARACTERS)
    checks.refuse()
    return command
