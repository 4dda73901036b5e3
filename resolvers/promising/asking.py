"""What a customer can have and when: the options, sealed, and when the goods are there."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from secrets import token_bytes
from typing import Any, Final
from uuid import UUID

from graphql import GraphQLError

from actions.promising.keys import key_of
from actions.quotas.buyers import foreign_units
from domain.errors import Forbidden, NotFound
from domain.ids import new_id
from domain.merging import MOST_WAIT_DAYS
from domain.placing.commands import Together
from domain.promising.loads import OfferedParcel
from domain.promising.offers import Option, availability, offers
from domain.promising.promise import Promised
from domain.promising.question import Coming, Question
from domain.promising.sealing import NONCE_BYTES, seal
from domain.promising.supply import Matched
from domain.stock import ReservationStatus
from domain.viewer import Audience
from models import Channel, Location, Reservation, Variant
from resolvers.context import Info
from resolvers.promising.reading import Asked, question_of
from resolvers.scopes import seen
from resolvers.seeing import named
from resolvers.statement import names
from resolvers.visible import CHANNELS, RESERVATIONS, VARIANTS

MAX_LINES: Final = 50
"""An option names them all, and is handed back and forth."""

BUYERS: Final = frozenset({Audience.CUSTOMER, Audience.ANONYMOUS})


@dataclass(frozen=True, slots=True)
class Offered:
    """`id` is the option sealed."""

    id: str
    option: Option
    promised: Promised


@dataclass(frozen=True, slots=True)
class Answer:
    """`question` None: the channel cannot sell this now. Locations and variants are those that the viewer may see."""

    question: Question | None
    options: Sequence[Offered]
    availability: Mapping[UUID, Matched[Coming | None]]
    variants: Mapping[UUID, Variant]
    locations: Mapping[UUID, Location]


async def answer(info: Info, asked: Asked) -> Answer:
    """Raises NotFound for a channel or variant that the viewer may not see."""
    viewer = info.context.viewer
    variants = {each.id: each for each in await seen(Variant, VARIANTS, viewer).filter(id__in=list(asked.wanted))}
    for variant_id in asked.wanted:
        if variant_id not in variants:
            raise NotFound("variant", variant_id)
    if not await seen(Channel, CHANNELS, viewer).filter(id=asked.channel_id).exists():
        raise NotFound("channel", asked.channel_id)
    question = await question_of(asked)
    if question is None:
        return Answer(None, (), {}, variants, {})
    options = offers(question)
    places = [option.location_id for option in options if option.location_id]
    _, locations = await named_in(info, [parcel for option in options for parcel in option.parcels], places)
    key = await key_of(asked.organization_id)
    there = {variant_id: availability(question, variant_id) for variant_id in asked.wanted}
    return Answer(
        question,
        [_offered(key, question, option) for option in options],
        there,
        variants,
        locations,
    )


def together(info: Info, wish: Together | None) -> Together | None:
    """Raises a GraphQL error for days that no order could wait, and for customers who say from where."""
    if wish is None:
        return None
    if not 1 <= wish.wait_days <= MOST_WAIT_DAYS:
        raise GraphQLError(f"What has come waits 1 to {MOST_WAIT_DAYS} days.", extensions={"code": "BAD_DAYS"})
    if wish.location_id is not None and info.context.viewer.audience in BUYERS:
        told = "You can ask for one delivery, but not from where."
        raise GraphQLError(told, extensions={"code": Forbidden.code})
    return wish


async def own_units(info: Info, cart: str | None, channel_id: UUID) -> dict[tuple[UUID, UUID], int]:
    """What the cart keeps, as far as the viewer may see it: it counts as free for the one who keeps it.

    Units that were set aside for other buyers than those who ask now do not.
    """
    if cart is None or not names(Reservation, "cart", [cart]):
        return {}
    viewer = info.context.viewer
    visible: Any = seen(Reservation, RESERVATIONS, viewer)
    kept = await visible.filter(cart=cart, status=ReservationStatus.ACTIVE)
    foreign = await foreign_units([each.id for each in kept], viewer.organization_id, channel_id, viewer.customer_id)
    return {(each.variant_id, each.location_id): each.quantity - foreign.get(each.id, 0) for each in kept}


def _offered(key: bytes, question: Question, option: Option) -> Offered:
    promised = Promised.of(new_id(), question, option)
    return Offered(seal(key, token_bytes(NONCE_BYTES), promised.told()), option, promised)


async def named_in(
    info: Info, parcels: Sequence[OfferedParcel], places: Sequence[UUID] = ()
) -> tuple[Mapping[UUID, Variant], Mapping[UUID, Location]]:
    """The variants and locations of what was promised, as far as the viewer may see them."""
    variants = await named(info, "Variant", [units.variant_id for parcel in parcels for units in parcel.units])
    return variants, await named(info, "Location", [*places, *(parcel.location_id for parcel in parcels)])
