"""What the demo's buyers want."""

import random
from datetime import datetime, timedelta
from typing import Final

from domain.orders import FulfilmentMethod, OrderOrigin
from domain.placing.commands import OrderedLine, PlaceOrder
from server.demo.business import Business

CHANNEL_SHARES: Final = {"web": 45, "app": 20, "market": 15, "phone": 8, "store": 7, "b2b": 5}
LINE_COUNTS: Final = (1, 1, 1, 2, 2, 3, 3, 4, 5)
SHIPPING_MINOR: Final = 599
FREE_SHIPPING_LINES: Final = 3


def wanted(business: Business, luck: random.Random, now: datetime) -> PlaceOrder:
    """One basket: popular variants come up more often; phone and store orders are made by staff."""
    [code] = luck.choices(list(CHANNEL_SHARES), weights=list(CHANNEL_SHARES.values()))
    buyer = luck.choice(business.buyers)
    lines = tuple(_line(business, luck, code) for _ in range(luck.choice(LINE_COUNTS)))
    return PlaceOrder(
        channel_id=business.channels[code],
        origin=OrderOrigin.STAFF if code in {"phone", "store"} else OrderOrigin.CUSTOMER,
        customer_id=buyer.id,
        lines=lines,
        shipping_address=buyer.address,
        shipping_minor=0 if len(lines) >= FREE_SHIPPING_LINES or code == "store" else SHIPPING_MINOR,
        promised_date=(now + timedelta(days=luck.randint(3, 6))).date(),
    )


def _line(business: Business, luck: random.Random, code: str) -> OrderedLine:
    at = min(int(luck.expovariate(6.0) * len(business.variants)), len(business.variants) - 1)
    if code != "store":
        return OrderedLine(variant_id=business.variants[at], quantity=luck.choice((1, 1, 1, 2, 2, 3)))
    stores = [location for name, location in business.locations.items() if not name.endswith("-W")]
    return OrderedLine(
        variant_id=business.variants[at],
        quantity=1,
        method=FulfilmentMethod.PICKUP,
        pickup_location_id=luck.choice(stores),
    )
