"""Whose rows each table shows to whom. Every rule starts from the viewer's organization.

Agents and partners are confined to their channels, stores and warehouses to their locations, customers to what is
theirs; anonymous visitors see the active catalogue, and both of these the places where one can collect. A scope says which
rows; which fields of them is `needs=`.
"""

from resolvers.scopes import Both, Rows, Within

OURS = "{row}.organization_id = {viewer.organization_id}"
OUR_ACTIVE = f"{OURS} AND {{row}}.is_active"
OF_OUR_CHANNELS = f"{OURS} AND {{row}}.channel_id = ANY({{viewer.channel_ids}})"
AT_OUR_LOCATIONS = f"{OURS} AND {{row}}.location_id = ANY({{viewer.location_ids}})"
OWN = "{row}.customer_id = {viewer.customer_id}"

ORGANIZATIONS = Rows(everyone="{row}.id = {viewer.organization_id}")
INTERNAL = Rows(admin=OURS)
"""Staff, roles and keys."""

CHANNELS = Rows(
    staff=OURS,
    agent=f"{OURS} AND {{row}}.id = ANY({{viewer.channel_ids}})",
    partner=f"{OURS} AND {{row}}.id = ANY({{viewer.channel_ids}})",
    everyone=OUR_ACTIVE,
)
CARTON_TYPES = Rows(staff=OURS, partner=OURS)
# Shoppers learn of the places where they can collect. What ships to them from elsewhere, or from a vendor, comes from us.
_COLLECTED_AT = f"{OUR_ACTIVE} AND 'pickup' = ANY({{row}}.capabilities) AND {{row}}.kind <> 'vendor'"
_OWN_ARE_AT = (
    f"{OURS} AND {{row}}.id IN (SELECT cl.pickup_location_id FROM orders co JOIN order_lines cl ON cl.order_id = co.id"
    " WHERE co.customer_id = {viewer.customer_id})"
)
LOCATIONS = Rows(staff=OURS, partner=OURS, customer=f"(({_COLLECTED_AT}) OR ({_OWN_ARE_AT}))", anonymous=_COLLECTED_AT)

PRODUCTS = Rows(staff=OURS, partner=OURS, everyone=OUR_ACTIVE)
VARIANTS = Rows(
    staff=OURS,
    partner=OURS,
    everyone=f"{OUR_ACTIVE} AND EXISTS (SELECT 1 FROM products p WHERE p.id = {{row}}.product_id AND p.is_active)",
)
BACKORDER_TERMS = Within("variant", VARIANTS)
CHANNEL_BACKORDER_TERMS = Both(Within("variant", VARIANTS), Within("channel", CHANNELS))
PRICES = Both(Within("variant", VARIANTS), Within("channel", CHANNELS))
TAX_RATES = Rows(staff=OURS, partner=OURS)
SUBSTITUTES = Both(Within("variant", VARIANTS), Within("substitute", VARIANTS))
KIT_COMPONENTS = Both(Within("kit_variant", VARIANTS), Within("component_variant", VARIANTS))

_ORDER_WITH_WORK_HERE = (
    f"{OURS} AND (EXISTS (SELECT 1 FROM fulfilments f"
    " WHERE f.order_id = {row}.id AND f.location_id = ANY({viewer.location_ids}))"
    " OR EXISTS (SELECT 1 FROM line_status u"
    " WHERE u.order_id = {row}.id AND u.location_id = ANY({viewer.location_ids}))"
    " OR EXISTS (SELECT 1 FROM transfers b WHERE b.order_id = {row}.id"
    " AND ARRAY[b.origin_id, b.destination_id] && {viewer.location_ids}))"
)
ORDERS = Rows(
    admin=OURS,
    agent=OF_OUR_CHANNELS,
    partner=OF_OUR_CHANNELS,
    location=_ORDER_WITH_WORK_HERE,
    customer=OWN,
)
PARTS_OF_ORDERS = Within("order", ORDERS)
PROMISES = Rows(
    admin=OURS,
    agent=OF_OUR_CHANNELS,
    partner=OF_OUR_CHANNELS,
    location=(
        f"{OURS} AND EXISTS (SELECT 1 FROM orders co WHERE (co.promise_id = {{row}}.id"
        " OR co.id IN (SELECT q.order_id FROM pickup_questions q WHERE q.promise_id = {row}.id))"
        f" AND {_ORDER_WITH_WORK_HERE.replace('{row}', 'co')})"
    ),
    customer=OWN,
)
_PRIVATE = "{row}.visibility = 'private'"
PARTS_OF_LINES = Within("line", PARTS_OF_ORDERS)
PARTS_OF_KITS = Within("kit", PARTS_OF_ORDERS)
PUBLIC_NOTES = Both(PARTS_OF_ORDERS, Rows(everyone="{row}.visibility = 'public'"))
PRIVATE_NOTES = Both(PARTS_OF_ORDERS, Rows(admin=_PRIVATE, agent=_PRIVATE))

CUSTOMERS = Rows(
    staff=OURS,
    partner=OURS,
    location=(
        f"{OURS} AND EXISTS (SELECT 1 FROM orders co"
        f" WHERE co.customer_id = {{row}}.id AND {_ORDER_WITH_WORK_HERE.replace('{row}', 'co')})"
    ),
    customer="{row}.id = {viewer.customer_id}",
)
PARTS_OF_CUSTOMERS = Within("customer", CUSTOMERS)

STOCK = Rows(staff=OURS, partner=OURS, location=AT_OUR_LOCATIONS)
SUPPLIES = STOCK
THRESHOLDS = Rows(staff=OURS, partner=OURS)
CARRIER_SERVICES = Rows(staff=OURS, partner=OURS, everyone=OUR_ACTIVE)
PROMISE_RULES = Rows(staff=OURS, partner=OURS)
MOVEMENTS = Within("stock_level", STOCK)
QUOTA_GROUPS = Rows(staff=OURS, partner=OURS)
QUOTAS = STOCK
QUOTA_MOVEMENTS = Within("quota", QUOTAS)
# A plan tells of all locations at once.
QUOTA_PLANS = Rows(admin=OURS, agent=OURS, partner=OURS)
QUOTA_SHARES = Within("plan", QUOTA_PLANS)
# A paper that is chained to an order is as visible as the order.
_CHAINED_TO_OURS = (
    f"{OURS} AND ({{row}}.order_id IS NULL OR EXISTS (SELECT 1 FROM orders co"
    " WHERE co.id = {row}.order_id AND co.channel_id = ANY({viewer.channel_ids})))"
)
_AT_AN_END = (
    f"{OURS} AND ({{row}}.origin_id = ANY({{viewer.location_ids}})"
    " OR {row}.destination_id = ANY({viewer.location_ids}))"
)
TRANSFERS = Rows(
    admin=OURS,
    agent=_CHAINED_TO_OURS,
    partner=f"(({_CHAINED_TO_OURS}) OR ({_AT_AN_END}))",
    location=_AT_AN_END,
)
PARTS_OF_TRANSFERS = Within("transfer", TRANSFERS)
STOCK_COUNTS = STOCK
PARTS_OF_STOCK_COUNTS = Within("count", STOCK_COUNTS)
# Whoever works at a vendor's own location sees that vendor and nothing of the others.
_NOT_AT_A_VENDOR = (
    "EXISTS (SELECT 1 FROM locations wl WHERE wl.id = ANY({viewer.location_ids}) AND wl.kind <> 'vendor')"
)
VENDORS = Rows(
    staff=OURS,
    partner=OURS,
    location=f"{OURS} AND ({_NOT_AT_A_VENDOR} OR {{row}}.location_id = ANY({{viewer.location_ids}}))",
)
VENDOR_OFFERS = Within("vendor", VENDORS)
_FOR_OUR_CHANNELS = f"{OURS} AND ({{row}}.channel_id IS NULL OR {{row}}.channel_id = ANY({{viewer.channel_ids}}))"
CHAINING_POLICIES = Rows(admin=OURS, agent=_FOR_OUR_CHANNELS, partner=_FOR_OUR_CHANNELS)
REORDER_RULES = STOCK
PURCHASE_ORDERS = Rows(
    admin=OURS,
    agent=_CHAINED_TO_OURS,
    partner=_CHAINED_TO_OURS,
    location=f"{OURS} AND {{row}}.destination_id = ANY({{viewer.location_ids}})",
)
PARTS_OF_PURCHASE_ORDERS = Within("purchase_order", PURCHASE_ORDERS)
RESERVATIONS = Rows(admin=OURS, agent=OF_OUR_CHANNELS, partner=OF_OUR_CHANNELS, location=AT_OUR_LOCATIONS, customer=OWN)

FULFILMENTS = Rows(
    admin=OURS,
    agent=PARTS_OF_ORDERS,
    partner=PARTS_OF_ORDERS,
    location=AT_OUR_LOCATIONS,
    customer=PARTS_OF_ORDERS,
)
PICKUP_QUESTIONS = Rows(
    admin=OURS,
    agent=PARTS_OF_ORDERS,
    partner=PARTS_OF_ORDERS,
    location=PARTS_OF_ORDERS,
    customer=PARTS_OF_ORDERS,
)
PARTS_OF_FULFILMENTS = Within("fulfilment", FULFILMENTS)


def _parcel_of(order: str) -> str:
    """A parcel is seen by whoever sees an order that it carries a line of."""
    return (
        f"{OURS} AND EXISTS (SELECT 1 FROM parcel_lines pl JOIN order_lines l ON l.id = pl.line_id"
        f" JOIN orders po ON po.id = l.order_id WHERE pl.parcel_id = {{row}}.id AND {order.replace('{row}', 'po')})"
    )


PARCELS = Rows(
    admin=OURS,
    agent=_parcel_of(OF_OUR_CHANNELS),
    partner=_parcel_of(OF_OUR_CHANNELS),
    location=AT_OUR_LOCATIONS,
    customer=_parcel_of(OWN),
)
PARTS_OF_PARCELS = Within("parcel", PARCELS)
# A parcel may carry lines of several orders: who sees it because of one does not see the others.
PARCEL_LINES = Rows(
    admin=PARTS_OF_PARCELS,
    agent=PARTS_OF_LINES,
    partner=PARTS_OF_LINES,
    location=PARTS_OF_PARCELS,
    customer=PARTS_OF_LINES,
)

_WHOLLY_OF_OUR_CHANNELS = (
    "NOT EXISTS (SELECT 1 FROM parcel_lines wl JOIN order_lines wol ON wol.id = wl.line_id"
    " JOIN orders wo ON wo.id = wol.order_id"
    " WHERE wl.parcel_id = {row}.parcel_id AND wo.channel_id <> ALL({viewer.channel_ids}))"
)
# What a label cost is the business of whoever packs. It covers the whole parcel: who sees a part does not see it.
LABELS = Rows(admin=OURS, agent=Both(PARTS_OF_PARCELS, Rows(agent=_WHOLLY_OF_OUR_CHANNELS)), location=PARTS_OF_PARCELS)

PICK_WAVES = Rows(admin=OURS, location=AT_OUR_LOCATIONS)

PAYMENTS = PARTS_OF_ORDERS
PARTS_OF_PAYMENTS = Within("payment", PAYMENTS)

# Partners hear nothing of private notes, not even that there are some; to customers such facts are not filed at all.
FACTS = Rows(
    admin=OURS,
    agent=OF_OUR_CHANNELS,
    partner=f"{OF_OUR_CHANNELS} AND {{row}}.payload->>'visibility' IS DISTINCT FROM 'private'",
    location=AT_OUR_LOCATIONS,
    customer=f"{OURS} AND {OWN}",
)

ROUTING_RULES = Rows(admin=OURS, agent=OURS, partner=OURS)
MARKDOWN_CREDITS = Rows(admin=OURS, agent=OURS)
ROUTING_RUNS = Rows(admin=OURS, agent=OURS)
