"""A snapshot of master data and the facts after it give what a fresh read gives."""

from dataclasses import replace

import orjson
import pytest

from actions.catalogue import (
    DeactivateProduct,
    DeactivateVariant,
    SetSubstitutes,
    UpsertProduct,
    UpsertVariant,
    deactivate_product,
    deactivate_variant,
    set_substitutes,
    upsert_product,
    upsert_variant,
)
from actions.channels import UpsertChannel, upsert_channel
from actions.customers import (
    SHOWN_IN_FACTS,
    AddAddress,
    BlockCustomer,
    RemoveContact,
    SetContact,
    UpdateCustomer,
    add_address,
    block,
    remove_contact,
    set_contact,
    update_customer,
)
from actions.locations import DeactivateLocation, UpsertLocation, deactivate, upsert_location
from actions.prices import RemovePrice, SetPrice, remove_price, set_price
from models import OutboxFact
from models.customers import ContactKind
from models.db import rows
from tests.world import address, furnish

pytestmark = pytest.mark.usefixtures("database")


async def read(table):
    found = await rows(f"SELECT to_jsonb(t) AS row FROM {table} t")
    return {row["id"]: row for row in (orjson.loads(each["row"]) for each in found)}


async def everything():
    prices = (await read("prices")).values()
    return {
        "location": await read("locations"),
        "channel": await read("channels"),
        "product": await read("products"),
        "variant": await read("variants"),
        "customer": {
            key: {name: row[name] for name in SHOWN_IN_FACTS} for key, row in (await read("customers")).items()
        },
        "price": {(row["variant_id"], row["channel_id"], row["currency"]): row["amount_minor"] for row in prices},
    }


def fold(state, fact):
    """What a subscriber does with a fact of master data."""
    payload = dict(fact.payload)
    match fact.kind:
        case "location_changed":
            state["location"][payload["id"]] = payload
        case "channel_changed":
            payload.pop("locations")
            state["channel"][payload["id"]] = payload
        case "customer_changed":
            state["customer"][payload["customer"]["id"]] = payload["customer"]
        case "catalogue_changed":
            for kind in ("product", "variant"):
                if kind in payload:
                    known = state[kind].get(payload[kind]["id"], {})
                    state[kind][payload[kind]["id"]] = {**known, **payload[kind]}
            if "price" in payload:
                price = payload["price"]
                key = (payload["variant"]["id"], price["channel"], price["currency"])
                state["price"][key] = price["amount_minor"]


async def test_facts_bring_a_copy_of_master_data_up_to_date():
    world = await furnish(units=0)
    state = await everything()
    seen = (await OutboxFact.all().order_by("-id").first()).id
    mug, lamp, web = world.variants["MUG"], world.variants["LAMP"], world.web
    whom = {"customer_id": world.customer.id}
    contact = {**whom, "kind": ContactKind.SMS, "value": "+1 617 555 0100"}

    await upsert_location(world.act(), UpsertLocation(code="NYC", calendar={"weekly": {"mon": []}}, latitude=40.5))
    await deactivate(world.act(), DeactivateLocation(location_id=world.locations["CHI"].id))
    await upsert_channel(world.act(), UpsertChannel(code="WEB", location_ids=(world.locations["LAX"].id,)))
    await upsert_product(world.act(), UpsertProduct(code="NEW", name="New"))
    await upsert_product(world.act(), UpsertProduct(code="NEW", category="Fresh"))
    await upsert_variant(world.act(), UpsertVariant(sku="MUG", weight_grams=321, barcode="4006381333931"))
    price = SetPrice(variant_id=mug.id, channel_id=web.id, amount_minor=1)
    await set_price(world.act(), price)
    await set_price(world.act(), replace(price, currency="EUR"))
    await remove_price(world.act(), RemovePrice(variant_id=lamp.id, channel_id=web.id))
    await set_substitutes(world.act(), SetSubstitutes(variant_id=mug.id, substitute_ids=(lamp.id,)))
    await deactivate_variant(world.act(), DeactivateVariant(variant_id=lamp.id))
    await deactivate_product(world.act(), DeactivateProduct(product_id=lamp.product_id))
    await update_customer(world.act(), UpdateCustomer(**whom, name="Ada L.", segment="gold"))
    await add_address(world.act(), AddAddress(**whom, address=address(city="Lynn")))
    await set_contact(world.act(), SetContact(**contact))
    await remove_contact(world.act(), RemoveContact(**contact))
    await block(world.act(), BlockCustomer(**whom))
    for fact in await OutboxFact.filter(id__gt=seen).order_by("id"):
        fold(state, fact)

    state["price"] = {key: amount for key, amount in state["price"].items() if amount is not None}
    assert state == await everything()
