"""Staff, roles and keys through the graph; master data too, as far as only administrators change it."""

import pytest

from domain.permissions import Role
from models import ApiKey, Location, OutboxFact
from models import Role as RoleRow
from resolvers.ids import global_id
from tests.schema.asking import ask, codes
from tests.world import furnish

pytestmark = pytest.mark.usefixtures("database")

CREATE_KEY = """
mutation ($input: CreateApiKeyInput!) { createApiKey(input: $input) @idempotent(key: "make-a-key-1") {
  ... on CreatedApiKey { text apiKey { prefix name scopes role { kind } } }
  ... on InvalidInput { problems { path code } }
} }
"""


@pytest.fixture
async def world():
    return await furnish(units=0)


async def role_id(world, kind):
    return global_id("AccessRole", (await RoleRow.get(organization_id=world.organization_id, kind=kind)).id)


async def test_the_text_of_a_key_is_shown_once(world):
    variables = {"input": {"name": "Shop", "roleId": await role_id(world, Role.PARTNER), "scopes": ["READ_CATALOGUE"]}}

    first = await ask(CREATE_KEY, world.viewer(), variables)
    again = await ask(CREATE_KEY, world.viewer(), variables)

    made = first["data"]["createApiKey"]
    assert made["text"].startswith(f"ogk_{made['apiKey']['prefix']}_")
    assert made["apiKey"]["scopes"] == ["READ_CATALOGUE"]
    assert again["data"]["createApiKey"] == {**made, "text": None}
    assert await ApiKey.all().count() == 1
    assert not [fact for fact in await OutboxFact.all() if made["text"] in str(fact.payload)]


async def test_a_key_is_revoked(world):
    await ask(CREATE_KEY, world.viewer(), {"input": {"name": "Shop", "roleId": await role_id(world, Role.PARTNER)}})
    key = await ApiKey.get()
    query = "mutation ($i: RevokeApiKeyInput!) { revokeApiKey(input: $i) { ... on ApiKey { revokedAt } } }"

    answer = await ask(query, world.viewer(), {"i": {"apiKeyId": global_id("ApiKey", key.id)}})

    assert answer["data"]["revokeApiKey"]["revokedAt"] is not None


async def test_staff_are_kept_with_their_role_and_channels(world):
    query = """mutation ($i: UpsertStaffInput!) { upsertStaff(input: $i) {
      __typename
      ... on Staff { email role { code } channels { code } locations { code } version }
      ... on Conflict { actualVersion } } }"""
    given = {
        "email": "Kim@Example.com",
        "name": "Kim",
        "roleId": await role_id(world, Role.AGENT),
        "channelIds": [global_id("Channel", world.web.id)],
    }

    made = await ask(query, world.viewer(), {"i": given})
    late = await ask(query, world.viewer(), {"i": {**given, "expectedVersion": 9}})

    assert made["data"]["upsertStaff"] == {
        "__typename": "Staff", "email": "kim@example.com", "role": {"code": "agent"}, "channels": [{"code": "WEB"}],
        "locations": [], "version": 1,
    }  # fmt: skip
    assert late["data"]["upsertStaff"] == {"__typename": "Conflict", "actualVersion": 1}


@pytest.mark.parametrize("role", [each for each in Role if each is not Role.ADMIN])
async def test_only_administrators_see_staff_and_keys(world, role):
    for query in ("{ staff(first: 1) { nodes { name } } }", "{ roles { code } }", "{ apiKeys { nodes { name } } }"):
        assert codes(await ask(query, world.viewer(role))) == ["FORBIDDEN"]


async def test_administrators_see_their_own_organization_only(world):
    await furnish(units=0)

    answer = await ask("{ roles { code kind } }", world.viewer())

    assert [each["code"] for each in answer["data"]["roles"]] == [
        "admin", "agent", "customer", "partner", "store_associate", "warehouse",
    ]  # fmt: skip


MASTER = {
    "upsertLocation": ("UpsertLocationInput", {"code": "NYC", "name": "Anew"}),
    "upsertChannel": ("UpsertChannelInput", {"code": "WEB", "name": "Anew"}),
    "setTaxRate": ("SetTaxRateInput", {"taxClass": "standard", "country": "US", "ratePpm": 80_000}),
    "upsertProduct": ("UpsertProductInput", {"code": "P-MUG", "name": "Anew"}),
    "upsertVariant": ("UpsertVariantInput", {"sku": "MUG", "name": "Anew"}),
}
MAY = {
    **{key: {Role.ADMIN} for key in ("upsertLocation", "upsertChannel", "setTaxRate")},
    **{key: {Role.ADMIN, Role.PARTNER} for key in ("upsertProduct", "upsertVariant")},
}


@pytest.mark.parametrize("field", MASTER)
@pytest.mark.parametrize("role", list(Role))
async def test_master_data_is_changed_by_whoever_may(world, field, role):
    takes, given = MASTER[field]
    query = f"mutation ($i: {takes}!) {{ {field}(input: $i) {{ __typename }} }}"

    answer = await ask(query, world.viewer(role), {"i": given})

    if role in MAY[field]:
        assert answer["data"][field]["__typename"] in {"Location", "Channel", "TaxRate", "Product", "Variant"}
    else:
        assert codes(answer) == ["FORBIDDEN"]


async def test_a_location_is_made_changed_and_cleared(world):
    query = """mutation ($i: UpsertLocationInput!) { upsertLocation(input: $i) {
      ... on Location { code calendar capabilities dailyCapacityUnits latitude version }
      ... on InvalidInput { problems { path code } } } }"""
    hours = {"weekly": {"mon": [["09:00", "17:00"]]}}
    new = {
        "code": "BOS", "name": "Boston", "country": "US", "postalCode": "02108", "timeZone": "America/New_York",
        "calendar": hours, "capabilities": ["PICKUP"], "dailyCapacityUnits": 40,
    }  # fmt: skip

    made = await ask(query, world.viewer(), {"i": new})
    cleared = await ask(query, world.viewer(), {"i": {"code": "BOS", "dailyCapacityUnits": None}})
    wrong = await ask(query, world.viewer(), {"i": {"code": "BOS", "calendar": {"weekly": {"monday": []}}}})

    shown = made["data"]["upsertLocation"]
    assert (shown["calendar"], shown["capabilities"], shown["dailyCapacityUnits"]) == (hours, ["PICKUP"], 40)
    assert cleared["data"]["upsertLocation"]["dailyCapacityUnits"] is None
    assert cleared["data"]["upsertLocation"]["calendar"] == hours
    assert wrong["data"]["upsertLocation"]["problems"] == [
        {"path": ["calendar", "weekly", "monday"], "code": "INVALID_CALENDAR"}
    ]
    assert (await Location.get(code="BOS")).version == 2


async def test_prices_and_substitutes_belong_to_their_variant(world):
    mug, lamp = (global_id("Variant", world.variants[sku].id) for sku in ("MUG", "LAMP"))
    web = global_id("Channel", world.web.id)
    price = "mutation ($i: SetPriceInput!) { setPrice(input: $i) { ... on Variant { version prices { amount { minor } channel { code } } } } }"
    instead = "mutation ($i: SetSubstitutesInput!) { setSubstitutes(input: $i) { ... on Variant { substitutes { rank variant { sku } } } } }"

    priced = await ask(price, world.viewer(), {"i": {"variantId": mug, "channelId": web, "amountMinor": 1234}})
    replaced = await ask(instead, world.viewer(), {"i": {"variantId": mug, "substituteIds": [lamp]}})

    shown = {each["channel"]["code"]: each["amount"]["minor"] for each in priced["data"]["setPrice"]["prices"]}
    assert shown == {"WEB": 1_234, "SHOP": 1_000}
    assert replaced["data"]["setSubstitutes"]["substitutes"] == [{"rank": 0, "variant": {"sku": "LAMP"}}]
