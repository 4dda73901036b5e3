"""Customers through the graph: own data, other people's, and what staff may do."""

from dataclasses import replace

import pytest

from actions import customers
from domain.orders import AddressKind
from domain.permissions import Permission, Role
from models import Customer, CustomerAddress, OrderAddress
from resolvers.ids import global_id
from tests.schema.asking import ask, codes, sent_from_now
from tests.world import addresses, customer, furnish, stock
from tests.world.orders import new_order

pytestmark = pytest.mark.usefixtures("database")

UPDATE = """
mutation ($input: UpdateCustomerInput!) { updateCustomer(input: $input) {
  __typename ... on Customer { name email phone version } ... on Problem { code } ... on Conflict { actualVersion }
} }
"""
ADD = """
mutation ($input: AddAddressInput!) { addCustomerAddress(input: $input) {
  __typename ... on Customer { version addresses { city latitude isDefaultShipping } } ... on Problem { code }
  ... on InvalidInput { problems { path code } }
} }
"""
ALL = "{ customers(first: 50) { nodes { number name } } }"


@pytest.fixture
async def world():
    return await furnish(units=0)


def name_of(row, kind="Customer"):
    return global_id(kind, row.id)


def new_address(**values):
    given = {"name": "Ada", "line1": "2 Side Street", "city": "New York", "postalCode": "10001", "country": "US"}
    return {**given, **values}


async def test_a_new_customer_has_a_number_and_addresses(world):
    query = """
    mutation ($input: CreateCustomerInput!) { createCustomer(input: $input) {
      __typename
      ... on Customer { number kind preferences addresses { city latitude } contacts { value } }
      ... on InvalidInput { problems { path code } }
      ... on AlreadyExists { key }
    } }"""
    taken = {"input": {"name": "Bob", "number": world.customer.number}}
    wrong = {"input": {"name": "Bob", "email": "nope", "addresses": [new_address(country="UK")]}}
    right = {"input": {"name": "Bob", "preferences": {"gift": True}, "addresses": [new_address()]}}

    answers = [await ask(query, world.viewer(Role.AGENT), each) for each in (taken, wrong, right)]

    told = [answer["data"]["createCustomer"] for answer in answers]
    assert told[0] == {"__typename": "AlreadyExists", "key": world.customer.number}
    assert told[1]["problems"] == [
        {"path": ["email"], "code": "INVALID_EMAIL"},
        {"path": ["addresses", "0", "country"], "code": "INVALID_COUNTRY"},
    ]
    assert told[2]["number"].startswith("C-")
    assert (told[2]["kind"], told[2]["preferences"], told[2]["contacts"]) == ("PERSON", {"gift": True}, [])
    assert round(told[2]["addresses"][0]["latitude"], 1) == 40.7


async def test_customers_change_their_own_profile(world):
    variables = {
        "input": {"customerId": name_of(world.customer), "name": "Ada L.", "phone": None, "expectedVersion": 1}
    }

    answer = await ask(UPDATE, world.viewer(Role.CUSTOMER), variables)

    assert answer["data"]["updateCustomer"] == {
        "__typename": "Customer", "name": "Ada L.", "email": "ada@example.com", "phone": None, "version": 2,
    }  # fmt: skip


async def test_customers_change_nobody_elses_profile(world):
    bob = await customer(world, name="Bob")

    update = await ask(UPDATE, world.viewer(Role.CUSTOMER), {"input": {"customerId": name_of(bob), "name": "X"}})
    add = await ask(ADD, world.viewer(Role.CUSTOMER), {"input": {"customerId": name_of(bob), "address": new_address()}})

    assert update["data"]["updateCustomer"]["code"] == "NOT_FOUND"
    assert add["data"]["addCustomerAddress"]["code"] == "NOT_FOUND"
    await bob.refresh_from_db()
    assert (bob.name, bob.version) == ("Bob", 1)


@pytest.mark.parametrize("values", [{"segment": "VIP"}, {"kind": "COMPANY"}])
async def test_customers_do_not_say_what_they_are_worth(world, values):
    variables = {"input": {"customerId": name_of(world.customer), **values}}

    own = await ask(UPDATE, world.viewer(Role.CUSTOMER), variables)
    staff = await ask(UPDATE, world.viewer(Role.AGENT), variables)

    assert own["data"]["updateCustomer"]["code"] == "FORBIDDEN"
    assert staff["data"]["updateCustomer"]["__typename"] == "Customer"


async def test_a_store_reads_customers_of_its_orders_and_changes_none(world):
    viewer = world.viewer(Role.STORE_ASSOCIATE)

    listed = await ask(ALL, viewer)
    update = await ask(UPDATE, viewer, {"input": {"customerId": name_of(world.customer), "name": "X"}})

    assert listed["data"]["customers"]["nodes"] == []
    assert update["data"]["updateCustomer"]["code"] == "NOT_FOUND"


async def test_strangers_see_no_customers(world):
    assert codes(await ask(ALL, world.viewer(Role.ANONYMOUS))) == ["FORBIDDEN"]


async def test_a_customer_sees_only_itself_and_no_other_organization_sees_it(world):
    await customer(world, name="Bob")
    other = await furnish(units=0)

    own = await ask(ALL, world.viewer(Role.CUSTOMER))
    staff = await ask(ALL, world.viewer())
    theirs = await ask(ALL, other.viewer())

    assert [each["name"] for each in own["data"]["customers"]["nodes"]] == ["Ada Example"]
    assert len(staff["data"]["customers"]["nodes"]) == 2
    assert len(theirs["data"]["customers"]["nodes"]) == 1


async def test_addresses_are_added_replaced_and_removed_by_their_owner(world):
    viewer, whom = world.viewer(Role.CUSTOMER), name_of(world.customer)
    added = await ask(ADD, viewer, {"input": {"customerId": whom, "address": new_address(isDefaultShipping=True)}})
    home, second = await addresses(world.customer)
    replace = (
        "mutation ($i: ReplaceAddressInput!) { replaceCustomerAddress(input: $i) { ... on Customer { version } } }"
    )
    remove = "mutation ($i: RemoveAddressInput!) { removeCustomerAddress(input: $i) { ... on Customer { version } } }"

    replaced = await ask(
        replace,
        viewer,
        {
            "i": {
                "customerId": whom,
                "addressId": name_of(second, "CustomerAddress"),
                "address": new_address(city="Salem"),
            }
        },
    )
    removed = await ask(remove, viewer, {"i": {"customerId": whom, "addressId": name_of(home, "CustomerAddress")}})

    shown = added["data"]["addCustomerAddress"]
    assert [(each["city"], each["isDefaultShipping"]) for each in shown["addresses"]] == [
        ("Boston", False), ("New York", True),
    ]  # fmt: skip
    assert (replaced["data"]["replaceCustomerAddress"], removed["data"]["removeCustomerAddress"]) == (
        {"version": 3}, {"version": 4},
    )  # fmt: skip
    assert [each.city for each in await CustomerAddress.filter(customer=world.customer)] == ["Salem"]


async def test_an_address_id_of_somebody_else_is_not_found(world):
    bob = await customer(world, name="Bob")
    [theirs] = await addresses(bob)
    remove = "mutation ($i: RemoveAddressInput!) { removeCustomerAddress(input: $i) { ... on Problem { code } } }"
    chosen = {"customerId": name_of(world.customer), "addressId": name_of(theirs, "CustomerAddress")}

    own = await ask(remove, world.viewer(Role.CUSTOMER), {"i": chosen})
    staff = await ask(remove, world.viewer(Role.AGENT), {"i": chosen})

    assert [each["data"]["removeCustomerAddress"]["code"] for each in (own, staff)] == ["NOT_FOUND"] * 2
    assert len(await addresses(bob)) == 1


async def test_contacts_are_kept_with_consent(world):
    query = """mutation ($i: SetContactInput!) { setCustomerContact(input: $i) {
      ... on Customer { contacts { kind value isOptedIn } } ... on InvalidInput { problems { path code } } } }"""
    whom = name_of(world.customer)

    kept = await ask(
        query,
        world.viewer(Role.CUSTOMER),
        {"i": {"customerId": whom, "kind": "EMAIL", "value": "a@example.com", "isOptedIn": True}},
    )
    wrong = await ask(query, world.viewer(), {"i": {"customerId": whom, "kind": "PHONE", "value": "call"}})

    assert kept["data"]["setCustomerContact"]["contacts"] == [
        {"kind": "EMAIL", "value": "a@example.com", "isOptedIn": True}
    ]
    assert wrong["data"]["setCustomerContact"]["problems"] == [{"path": ["value"], "code": "INVALID_PHONE"}]


async def test_only_staff_block_customers(world):
    query = "mutation ($i: OneCustomerInput!) { blockCustomer(input: $i) { ... on Customer { isBlocked } } }"
    variables = {"i": {"customerId": name_of(world.customer)}}

    own = await ask(query, world.viewer(Role.CUSTOMER), variables)
    staff = await ask(query, world.viewer(Role.AGENT), variables)

    assert codes(own) == ["FORBIDDEN"]
    assert staff["data"]["blockCustomer"] == {"isBlocked": True}
    assert (await Customer.get(id=world.customer.id)).is_blocked


async def test_a_warehouse_may_not_ask_for_customers_at_all(world):
    assert codes(await ask(ALL, world.viewer(Role.WAREHOUSE))) == ["FORBIDDEN"]


async def test_customers_are_found_by_number_and_by_the_start_of_their_name(world):
    await customers.create_customer(world.act(), customers.CreateCustomer(name="adam Smith", number="N-1", email=None))
    found = """query ($f: CustomerFilter) {
      customers(first: 9, filter: $f, sort: NAME) { nodes { number } } customerByNumber(number: "N-1") { name } }"""

    by_name = await ask(found, world.viewer(Role.AGENT), {"f": {"name": "ADA"}})
    by_number = await ask(found, world.viewer(Role.AGENT), {"f": {"number": "N-1"}})
    by_email = await ask(found, world.viewer(Role.AGENT), {"f": {"email": "ada@"}})

    assert len(by_name["data"]["customers"]["nodes"]) == 2
    assert by_number["data"]["customers"]["nodes"] == [{"number": "N-1"}]
    assert by_email["data"]["customers"]["nodes"] == [{"number": world.customer.number}]
    assert by_name["data"]["customerByNumber"] == {"name": "adam Smith"}


async def test_who_calls_is_found_by_their_number(world):
    act = world.act()
    for name, phone in (("Bob", "+1 617 555 0100"), ("Eve", "+1 212 555 0100")):
        await customers.create_customer(act, customers.CreateCustomer(name=name, email=None, phone=phone))
    found = "query ($f: CustomerFilter) { customers(filter: $f) { nodes { name } } }"
    agent = world.viewer(Role.AGENT)

    answer = await ask(found, agent, {"f": {"phone": "+1 617"}})
    refused = await ask(
        found, replace(agent, permissions=agent.permissions - {Permission.READ_CONTACTS}), {"f": {"phone": "+1"}}
    )

    assert answer["data"]["customers"]["nodes"] == [{"name": "Bob"}]
    assert codes(refused) == ["FORBIDDEN"]


async def test_a_customer_learns_who_they_are_and_nobody_else_is_one(world):
    query = "{ viewer { customer { name } } }"

    answers = [await ask(query, world.viewer(role)) for role in (Role.CUSTOMER, Role.AGENT)]

    assert [answer["data"]["viewer"]["customer"] for answer in answers] == [{"name": world.customer.name}, None]


async def test_who_has_not_bought_has_no_volume(world):
    query = "{ customers(first: 50) { nodes { orderCount volume { minor currency } } } }"

    for role in (Role.ADMIN, Role.AGENT, Role.PARTNER, Role.CUSTOMER):
        answer = await ask(query, world.viewer(role))
        assert answer["data"]["customers"]["nodes"] == [{"orderCount": 0, "volume": []}]


async def test_volume_counts_the_orders_the_viewer_may_see(world):
    await stock(world, {("MUG", "NYC"): 20})
    shop = world.channels["SHOP"]
    orders = [
        await new_order(world, MUG=1, customer=world.customer),
        await new_order(world, MUG=2, customer=world.customer),
        await new_order(world, MUG=3, customer=world.customer, channel=shop),
    ]
    query = "{ customers(first: 50) { nodes { orderCount volume { minor currency } } } }"

    seen = {}
    for name, viewer in {
        "admin": world.viewer(),
        "shop": world.viewer(Role.AGENT, channel_ids=(shop.id,)),
        "nobody": world.viewer(Role.AGENT, channel_ids=()),
        "here": world.viewer(Role.STORE_ASSOCIATE, location_ids=(world.locations["NYC"].id,)),
        "self": world.viewer(Role.CUSTOMER),
    }.items():
        [seen[name]] = (await ask(query, viewer))["data"]["customers"]["nodes"]

    total = sum(order.total_minor for order in orders)
    everything = {"orderCount": 3, "volume": [{"minor": total, "currency": "USD"}]}
    assert seen["admin"] == seen["here"] == seen["self"] == everything
    assert seen["shop"] == {"orderCount": 1, "volume": [{"minor": orders[2].total_minor, "currency": "USD"}]}
    assert seen["nobody"] == {"orderCount": 0, "volume": []}


async def test_who_may_not_read_addresses_finds_nobody_by_one(world):
    query = "query($email: String) { customers(filter: {email: $email}) { nodes { name } } }"
    agent = world.viewer(Role.AGENT)
    blind = replace(agent, permissions=agent.permissions - {Permission.READ_CONTACTS})

    found = await ask(query, agent, {"email": "ad"})
    refused = await ask(query, blind, {"email": "ad"})
    without = await ask(query, blind)

    assert (
        found["data"]["customers"]["nodes"] == without["data"]["customers"]["nodes"] == [{"name": world.customer.name}]
    )
    assert codes(refused) == ["FORBIDDEN"]
    assert refused["errors"][0]["extensions"]["needs"] == ["read_contacts"]


async def test_volume_costs_one_query_however_many_customers(world, monkeypatch):
    for at in range(5):
        await customer(world, name=f"Customer {at}")
    sent = sent_from_now(monkeypatch)
    await ask("{ customers(first: 50) { nodes { orderCount volume { minor } } } }", world.viewer())

    assert len(sent) == 2


async def test_an_order_keeps_the_address_it_was_placed_with(world):
    await stock(world, {("MUG", "NYC"): 1})
    order = await new_order(world, MUG=1, customer=world.customer)
    [home] = await addresses(world.customer)
    copied = {name: getattr(home, name) for name in ("name", "line1", "city", "postal_code", "country")}
    await OrderAddress.create(order=order, kind=AddressKind.SHIPPING, **copied)
    whom = name_of(world.customer)

    replace = "mutation ($i: ReplaceAddressInput!) { replaceCustomerAddress(input: $i) { __typename } }"
    chosen = {"customerId": whom, "addressId": name_of(home, "CustomerAddress"), "address": new_address()}
    await ask(replace, world.viewer(), {"i": chosen})
    remove = "mutation ($i: RemoveAddressInput!) { removeCustomerAddress(input: $i) { __typename } }"
    await ask(remove, world.viewer(), {"i": {"customerId": whom, "addressId": chosen["addressId"]}})

    kept = await OrderAddress.get(order=order)
    assert (kept.city, kept.line1) == ("Boston", "1 Beacon Street")
    assert await addresses(world.customer) == []
