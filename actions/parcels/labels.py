"""Labels: bought from a carrier for a parcel, voided while it has not left, without ever holding a lock while asking.

    label = await _request(act, command)       # a transaction: check, write that it was asked
    await _carry_out(act, carriers, label)     # no transaction: ask; then one transaction for the answer

Between the two lies a commit, so a crash, a cancelled caller or a time-out all leave the same thing behind: a label whose
outcome is unknown, about which `settle_labels` asks again until it is known. Asking twice is harmless, as the label's id
is the carrier's idempotency key; so the caller's own key leads back to the same label.
"""

import logging
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from actions import outbox
from actions.acting import Act, action
from actions.carriers import Bought, Carriers, Purchase, Refused, Unknown, Voided, Voiding
from actions.parcels.consigning import consignment_of
from actions.parcels.contents import check_open, lock_parcel
from actions.parcels.shipping import CARRIER_CHARACTERS
from actions.refusals import passed_over
from domain.carriers import LIVE, LabelStatus, retry_after
from domain.errors import (
    AlreadyExists,
    CarrierRefused,
    CarrierUnknown,
    Conflict,
    DomainError,
    IllegalTransition,
    InputProblem,
    InvalidInput,
    NotFound,
)
from domain.facts import Fact, FactKind
from domain.ids import new_id
from domain.lifecycle import Action
from domain.orders import FulfilmentMethod
from domain.validation import Checks
from models import Fulfilment, Label, Parcel
from models.db import rows

log = logging.getLogger("oms.labels")

SETTLE_BATCH: Final = 50
"""Labels that one run of the job asks about at most, and as many that nobody needs."""
GRACE: Final = timedelta(seconds=30)
"""So long whoever asked first waits for the answer; only then does the job ask again."""
REASON_CHARACTERS: Final = 500
GONE: Final = "the parcel is no more"

DUE: Final = "SELECT id, organization_id FROM labels WHERE next_try_at <= $1 ORDER BY next_try_at LIMIT $2"
# One that the carrier did not void has a reason, and is a person's business from then on.
UNNEEDED: Final = """
SELECT id, organization_id FROM labels WHERE status = 'bought' AND parcel_id IS NULL AND reason = '' ORDER BY id LIMIT $1"""


@dataclass(frozen=True, slots=True, kw_only=True)
class BuyLabel:
    """`expected_version` is the parcel's."""

    parcel_id: UUID
    carrier: str
    service: str
    expected_version: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class VoidLabel:
    label_id: UUID
    expected_version: int | None = None


async def buy_label(act: Act, carriers: Carriers, command: BuyLabel) -> UUID:
    """Returns the label's id. Raises NotFound, Conflict, InvalidInput, IllegalTransition, AlreadyExists for a parcel that
    has a label, CarrierRefused, or CarrierUnknown when no answer came: then it is asked again until there is one.
    """
    _check(carriers, command)
    label_id = await _request(act, command)
    await _carry_out(act, carriers, label_id)
    return label_id


async def void_label(act: Act, carriers: Carriers, command: VoidLabel) -> UUID:
    """Returns the label's id. Raises NotFound, Conflict, IllegalTransition for a label that is not bought or whose parcel
    has left, CarrierRefused, or CarrierUnknown: then the carrier is asked again until it answers.
    """
    label_id = await _request_void(act, command.label_id, command.expected_version)
    await _carry_out(act, carriers, label_id)
    return label_id


async def settle_labels(carriers: Carriers, now: datetime, *, limit: int = SETTLE_BATCH) -> int:
    """Ask again about labels without an answer, and void those that nobody needs; how many were settled.

    For a job: each label is its own transaction, and one whose carrier stays silent is left for a later run.
    """
    settled = 0
    for row in await rows(UNNEEDED, [limit]):
        act = Act(organization_id=row["organization_id"], actor="job:labels", now=now)
        with passed_over(log, "label %s is not voided", row["id"]):
            await _request_void(act, row["id"], None)
    for row in await rows(DUE, [now, limit]):
        act = Act(organization_id=row["organization_id"], actor="job:labels", now=now)
        try:
            await _carry_out(act, carriers, row["id"])
            settled += 1
        except CarrierRefused:
            settled += 1
        except DomainError as refusal:
            log.info("label %s is not settled: %s", row["id"], refusal.code)
    return settled


@action
async def _request(act: Act, command: BuyLabel) -> UUID:
    _, parcel, lines = await lock_parcel(act, command.parcel_id, command.expected_version)
    check_open(parcel, Action.SHIP)
    work = await Fulfilment.filter(id__in={line.fulfilment_id for line in lines})
    if any(each.method is not FulfilmentMethod.SHIP for each in work):
        raise IllegalTransition("label", "for pickup", ["for shipping"])
    if await Label.filter(parcel_id=parcel.id, status__in=LIVE).exists():
        raise AlreadyExists("label of parcel", parcel.number)
    consignment = await consignment_of(act.organization_id, parcel.id)
    if consignment is None:
        raise InvalidInput([InputProblem("parcel_id", "NO_ADDRESS", "What is in it has no address to go to.")])
    label = await Label.create(
        id=new_id(),
        organization_id=act.organization_id,
        parcel_id=parcel.id,
        carrier=command.carrier,
        service=command.service,
        weight_grams=parcel.weight_grams,
        currency=consignment.currency,
        requested_at=act.now,
        next_try_at=act.now + GRACE,
    )
    return label.id


@action
async def _request_void(act: Act, label_id: UUID, expected_version: int | None) -> UUID:
    label, parcel = await _lock(act, label_id, expected_version)
    if label.status is not LabelStatus.BOUGHT:
        raise IllegalTransition("void", label.status, [LabelStatus.BOUGHT])
    if parcel is not None:
        check_open(parcel, Action.SHIP)
    label.status, label.tries, label.next_try_at = LabelStatus.VOIDING, 0, act.now + GRACE
    label.version += 1
    await label.save(update_fields=["status", "tries", "next_try_at", "version"])
    await _tell(act, label, parcel)
    return label.id


async def _carry_out(act: Act, carriers: Carriers, label_id: UUID) -> None:
    """Ask, unless there is an answer already, and write what came. Raises CarrierRefused, CarrierUnknown."""
    label = await Label.get(id=label_id)
    act = replace(act, key=None)
    answer: Bought | Voided | Refused | Unknown
    if label.status is LabelStatus.REQUESTED:
        answer = await _buy(act, carriers, label)
    elif label.status is LabelStatus.VOIDING:
        answer = await carriers.void(label.carrier, _voiding(act, label))
    elif label.status is LabelStatus.REFUSED:
        raise CarrierRefused(label.reason)
    else:
        return
    await record_answer(act, label.id, label.status, answer)
    if isinstance(answer, Refused):
        raise CarrierRefused(answer.reason)
    if isinstance(answer, Unknown):
        raise CarrierUnknown(str(label.id))


async def _buy(act: Act, carriers: Carriers, label: Label) -> Bought | Refused | Unknown:
    found = await consignment_of(act.organization_id, label.parcel_id) if label.parcel_id else None
    if found is None:
        # The parcel was opened before an answer came, so whatever was bought for it is given back.
        answer = await carriers.void(label.carrier, _voiding(act, label))
        return answer if isinstance(answer, Unknown) else Refused(GONE)
    consignment = replace(found, weight_grams=label.weight_grams)
    purchase = Purchase(reference=str(label.id), service=label.service, consignment=consignment, now=act.now)
    return await carriers.buy(label.carrier, purchase)


def _voiding(act: Act, label: Label) -> Voiding:
    return Voiding(reference=str(label.id), service=label.service, now=act.now)


@action
async def record_answer(
    act: Act, label_id: UUID, asked: LabelStatus, answer: Bought | Voided | Refused | Unknown
) -> UUID:
    """What a carrier said to the request that made the label `asked`. Nothing happens when an answer is known already."""
    label, parcel = await _lock(act, label_id, None)
    if label.status is not asked:
        return label.id
    label.tries += 1
    label.next_try_at = None
    match answer:
        case Bought():
            label.status, label.bought_at = LabelStatus.BOUGHT, act.now
            label.tracking_number, label.cost_minor = answer.tracking_number, answer.cost_minor
            label.currency = answer.currency
            if (
                parcel is not None and parcel.shipped_at is not None
            ):  # with another number, while nobody knew of this one
                label.status, label.next_try_at = LabelStatus.VOIDING, act.now
        case Voided():
            label.status, label.voided_at = LabelStatus.VOIDED, act.now
        case Refused():
            is_purchase = asked is LabelStatus.REQUESTED
            label.status = LabelStatus.REFUSED if is_purchase else LabelStatus.BOUGHT
            label.reason = answer.reason[:REASON_CHARACTERS]
        case Unknown():
            label.next_try_at = act.now + retry_after(label.tries)
    label.version += 1
    await label.save()
    await _tell(act, label, parcel)
    return label.id


async def _lock(act: Act, label_id: UUID, expected_version: int | None) -> tuple[Label, Parcel | None]:
    """Parcels are locked before their labels. Raises NotFound, Conflict."""
    found = await Label.get_or_none(id=label_id, organization_id=act.organization_id)
    if found is None:
        raise NotFound("label", label_id)
    parcel = await Parcel.filter(id=found.parcel_id).select_for_update(no_key=True).get_or_none()
    label = await Label.filter(id=label_id).select_for_update(no_key=True).get()
    if expected_version not in (None, label.version):
        raise Conflict("label", expected_version or 0, label.version)
    return label, parcel if label.parcel_id else None


async def _tell(act: Act, label: Label, parcel: Parcel | None) -> None:
    payload = {
        "id": str(label.id),
        "parcel": str(parcel.id) if parcel else None,
        "number": parcel.number if parcel else None,
        "carrier": label.carrier,
        "service": label.service,
        "status": label.status.value,
        "tracking_number": label.tracking_number,
        "cost_minor": label.cost_minor,
        "currency": label.currency,
        "reason": label.reason,
        "version": label.version,
    }
    fact = Fact(
        kind=FactKind.LABEL_CHANGED, location_id=parcel.location_id if parcel else None, payload={"label": payload}
    )
    await outbox.record(act.organization_id, act.actor, act.now, [fact])


def _check(carriers: Carriers, command: BuyLabel) -> None:
    checks = Checks()
    checks.code("carrier", command.carrier, longest=CARRIER_CHARACTERS)
    checks.code("service", command.service, longest=CARRIER_CHARACTERS)
    if not checks.problems and command.carrier not in carriers.by_name:
        checks.note("carrier", "UNKNOWN_CARRIER", f"Labels can be bought from: {', '.join(sorted(carriers.by_name))}.")
    checks.refuse()
