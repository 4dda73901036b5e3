"""Placing orders as clients see it: carts, drafts, and the order itself."""

from datetime import date
from typing import Any

import strawberry

from actions.orders import drafting
from domain.errors import (
    BackorderLimitExceeded,
    ExternalIdReused,
    Forbidden,
    IllegalTransition,
    InsufficientStock,
    Overloaded,
    PromiseEnded,
    ReservationEnded,
)
from domain.permissions import Permission
from domain.placing.validation import MAX_LINES
from resolvers import carts, orders
from resolvers.context import Info
from schema.enums import FulfilmentMethod
from schema.fields import root
from schema.inputs import given, ref
from schema.inventory import Reservation
from schema.later import Order
from schema.merging import TogetherInput
from schema.mutations import action
from schema.values import Minor

PLACING = Permission.PLACE_ORDERS
RESERVING = Permission.RESERVE_STOCK
MAX_CODE = 64
MAX_OPTION = 64_000


@strawberry.input(description="Where goods or bills go.")
class OrderAddressInput:
    name: str = given("Who lives or works there.")
    line1: str = given("The street and number.")
    line2: str = given("What else helps to find it.", default="")
    city: str = given("The town.", at_most=100)
    region: str = given("The state or region.", default="", at_most=100)
    postal_code: str = given("The postal code.", default="", at_most=20)
    country: str = given("ISO 3166 code of the country, two capital letters.", at_most=2)
    phone: str | None = given("A telephone number for the carrier.", default=None, at_most=32)
    latitude: float | None = given(
        "Degrees north of the equator; if left out, the middle of the postal code's area, where that is known (US).",
        default=None,
    )
    longitude: float | None = given("Degrees east of Greenwich.", default=None)


@strawberry.input(description="Some units of one variant to order.")
class OrderedLineInput:
    variant_id: strawberry.ID = ref("What to order.", "Variant")
    quantity: int = given("How many units.")
    unit_price_minor: Minor | None = given(
        "Another price than the channel's, in its currency; for staff and partners.", default=None
    )
    discount_minor: Minor = given("What to take off the whole line; for staff and partners.", default=0)
    method: FulfilmentMethod = given("How the units reach the customer.", default=FulfilmentMethod.SHIP)
    pickup_location_id: strawberry.ID | None = ref(
        "Where the customer collects them, when they are not shipped.", "Location", default=None
    )
    allow_substitutes: bool = given(
        "Whether automatic substitutes may be sent for what is not in stock, at no more than their rule says.",
        default=False,
    )


@strawberry.input(description="An order to write down. Amounts are in the channel's currency.")
class DraftOrderInput:
    channel_id: strawberry.ID = ref("By what way it comes in.", "Channel")
    lines: list[OrderedLineInput] = given("What is ordered.", at_most=MAX_LINES)
    external_id: str | None = given(
        "What the channel calls it; the same sent again answers with the first order, other content is refused.",
        default=None,
        at_most=MAX_CODE,
    )
    customer_id: strawberry.ID | None = ref("Who orders; nobody for a guest.", "Customer", default=None)
    customer_name: str = given("A guest's name; a customer's own if left out.", default="")
    customer_email: str | None = given("A guest's e-mail address.", default=None, at_most=254)
    shipping_address: OrderAddressInput | None = given("Where goods go; needed for what is shipped.", default=None)
    billing_address: OrderAddressInput | None = given("Where bills go.", default=None)
    order_discount_minor: Minor = given(
        "What to take off the whole order, shared among its lines; for staff and partners.", default=0
    )
    shipping_minor: Minor = given("What the customer pays for shipping; for staff and partners.", default=0)
    requested_date: date | None = given("When the customer wishes to have it.", default=None)
    promised_date: date | None = given("When the customer was promised it; for staff and partners.", default=None)
    deliver_together: TogetherInput | None = given(
        "That what ships leaves in one delivery: from where it is brought together, when all of it is there.",
        default=None,
    )


@strawberry.input(description="An order to place. Amounts are in the channel's currency.")
class PlaceOrderInput(DraftOrderInput):
    cart: str | None = given("The cart whose reserved units become the order's.", default=None, at_most=MAX_CODE)
    allow_backorder: bool = given(
        "Whether units that are not in stock may wait for it; if not, an order short of stock is refused, unless automatic "
        "substitutes that its lines allow cover all that is missing.",
        default=True,
    )
    promise: str | None = given(
        "The option that the customer chose, by its id: the order gets its day, and its price of shipping.",
        default=None,
        at_most=MAX_OPTION,
    )


@strawberry.input(description="A draft to place.")
class PlaceDraftInput:
    order_id: strawberry.ID = ref("The draft.", "Order")
    expected_version: int | None = given("The draft's version that you read; another one is refused.", default=None)


@strawberry.input(description="Some units of one variant to keep.")
class CartLineInput:
    variant_id: strawberry.ID = ref("Of what.", "Variant")
    quantity: int = given("How many units.")
    pickup_location_id: strawberry.ID | None = ref(
        "Where they will be collected: kept there, or where they would be brought from; null for what is shipped.",
        "Location",
        default=None,
    )


@strawberry.input(description="Everything a cart is to keep: what is not named is given back.")
class ReserveCartInput:
    channel_id: strawberry.ID = ref("Where the cart is.", "Channel")
    cart: str = given("Its name, yours to choose; do not make it easy to guess.", at_least=1, at_most=MAX_CODE)
    lines: list[CartLineInput] = given("What to keep.", at_most=MAX_LINES)
    customer_id: strawberry.ID | None = ref("Whose it is; nobody's for a guest.", "Customer", default=None)
    country: str = given("Where the goods will go, for the rules that are for it.", default="", at_most=2)
    region: str = given("State or province, where rules are for it.", default="", at_most=100)
    postal_code: str = given("The postal code, to keep units near where they will go.", default="", at_most=20)
    latitude: float | None = given("Degrees north, if known better than the postal code.", default=None)
    longitude: float | None = given("Degrees east.", default=None)


@strawberry.input(description="A cart.")
class NamedCartInput:
    cart: str = given("Its name.", at_least=1, at_most=MAX_CODE)


@strawberry.type(description="What is kept for a cart now.")
class Cart:
    cart: str = strawberry.field(description="Its name.")
    reservations: list[Reservation] = strawberry.field(description="The units kept, until when, and where they lie.")


async def cart_now(info: Info, cart: str) -> Any:
    return Cart(cart=cart, reservations=await carts.kept_for(info, cart))


@root
class PlacingMutations:
    place_order: Order = action(
        "Place an order: it is checked, priced, given its stock and shared among locations, or refused with everything "
        "that is wrong.",
        orders.place,
        PlaceOrderInput,
        refuses=(
            InsufficientStock,
            BackorderLimitExceeded,
            ReservationEnded,
            PromiseEnded,
            ExternalIdReused,
            Forbidden,
            Overloaded,
        ),
        needs=PLACING,
        needs_key=True,
        prepare=orders.as_ordered_by,
    )
    draft_order: Order = action(
        "Write an order down at today's prices without placing it; nothing is kept for it.",
        drafting.draft,
        DraftOrderInput,
        refuses=(ExternalIdReused, Forbidden),
        needs=PLACING,
        prepare=orders.as_ordered_by,
    )
    place_draft: Order = action(
        "Place a draft at its prices; units that are not in stock wait for it.",
        drafting.place_draft,
        PlaceDraftInput,
        refuses=(IllegalTransition, BackorderLimitExceeded),
        needs=PLACING,
    )
    reserve_cart: Cart = action(
        "Keep units for a cart until the channel's time is over, all of them or none; naming other units changes what "
        "is kept, and each time the time starts anew.",
        carts.reserve,
        ReserveCartInput,
        refuses=(InsufficientStock, ReservationEnded, Forbidden, Overloaded),
        needs=RESERVING,
        prepare=carts.as_reserved_by,
        answer=cart_now,
    )
    extend_cart: Cart = action(
        "Keep what a cart has for the channel's whole time again.",
        carts.extend,
        NamedCartInput,
        refuses=(ReservationEnded,),
        needs=RESERVING,
        answer=cart_now,
    )
    release_cart: Cart = action(
        "Give back everything a cart keeps.",
        carts.release,
        NamedCartInput,
        refuses=(ReservationEnded,),
        needs=RESERVING,
        answer=cart_now,
    )
