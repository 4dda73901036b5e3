"""Customers keep their profile and their addresses."""

import asyncio
from dataclasses import replace

import pytest

from actions.customers import (
    AddAddress,
    BlockCustomer,
    CreateCustomer,
    RemoveAddress,
    RemoveContact,
    ReplaceAddress,
    SetContact,
    UnblockCustomer,
    UpdateCustomer,
    add_address,
    block,
    create_customer,
    create_customers,
    remove_address,
    remove_contact,
    replace_address,
    set_contact,
    unblock,
    update_customer,
)
from domain.errors import AlreadyExists, Conflict, InvalidInput, NotFound
from domain.ids import new_id
from models import Customer, CustomerAddress, CustomerContact, OutboxFact
from models.customers import ContactKind, CustomerKind
from tests.world import address, addresses, customer, found

pytestmark = pytest.mark.usefixtures("database")


@pytest.fixture
async def world():
    return await found()


async def problems(refusing):
    with pytest.raises(InvalidInput) as refused:
        await refusing
    return [(problem.path, problem.code) for problem in refused.value.problems]


async def test_a_customer_gets_the_next_number_unless_one_is_given(world):
    made = await create_customers(
        world.act(), [CreateCustomer(name="A"), CreateCustomer(name="B", number="CG-12520"), CreateCustomer(name="C")]
    )

    numbers = [(await Customer.get(id=each)).number for each in made]
    assert numbers[1] == "CG-12520"
    assert int(numbers[2].removeprefix("C-")) == int(numbers[0].removeprefix("C-")) + 1
    assert int(numbers[0].removeprefix("C-")) >= 100_001


async def test_a_number_that_is_taken_is_refused_and_nobody_is_made(world):
    await create_customer(world.act(), CreateCustomer(name="A", number="N-1"))

    with pytest.raises(AlreadyExists) as taken:
        await create_customers(world.act(), [CreateCustomer(name="B"), CreateCustomer(name="C", number="N-1")])
    with pytest.raises(AlreadyExists):
        await create_customers(world.act(), [CreateCustomer(name="D", number="N-2")] * 2)

    assert taken.value.key == "N-1"
    assert await Customer.all().count() == 1


async def test_every_problem_of_a_new_customer_is_told(world):
    command = CreateCustomer(
        name="",
        email="no",
        phone="call me",
        number="x\ny",
        preferences={"a": "\x00"},
        addresses=(
            address(),
            address(line1="", country="USA", latitude=1.0, is_default_billing=False),
            address(name="x" * 201, is_default_shipping=False, is_default_billing=False),
        ),
    )

    assert await problems(create_customer(world.act(), command)) == [
        ("name", "REQUIRED"),
        ("email", "INVALID_EMAIL"),
        ("phone", "INVALID_PHONE"),
        ("preferences", "INVALID_CHARACTER"),
        ("number", "INVALID_CODE"),
        ("addresses.1.line1", "REQUIRED"),
        ("addresses.1.country", "INVALID_COUNTRY"),
        ("addresses.1.longitude", "REQUIRED"),
        ("addresses.2.name", "TOO_LONG"),
        ("addresses.1.is_default_shipping", "DUPLICATE"),
    ]
    assert await Customer.all().count() == 0


async def test_a_profile_keeps_what_is_not_given_and_can_be_cleared(world):
    made = await customer(world, phone="+1 617 555 0100", preferences={"newsletter": True})

    await update_customer(
        world.act(),
        UpdateCustomer(customer_id=made.id, name="Ada L.", phone=None, kind=CustomerKind.COMPANY, expected_version=1),
    )

    await made.refresh_from_db()
    assert (made.name, made.phone, made.email, made.kind) == ("Ada L.", None, "ada@example.com", CustomerKind.COMPANY)
    assert (made.preferences, made.version) == ({"newsletter": True}, 2)


async def test_an_old_version_of_a_customer_is_a_conflict(world):
    made = await customer(world)

    with pytest.raises(Conflict):
        await update_customer(world.act(), UpdateCustomer(customer_id=made.id, name="X", expected_version=2))
    with pytest.raises(Conflict):
        await add_address(world.act(), AddAddress(customer_id=made.id, address=address(), expected_version=2))

    await made.refresh_from_db()
    assert (made.name, made.version) == ("Ada Example", 1)
    assert len(await addresses(made)) == 1


async def test_blocking_is_a_change_once(world):
    made = await customer(world)

    await block(world.act(), BlockCustomer(customer_id=made.id))
    await block(world.act(), BlockCustomer(customer_id=made.id))
    await unblock(world.act(), UnblockCustomer(customer_id=made.id, expected_version=2))

    await made.refresh_from_db()
    assert (made.is_blocked, made.version) == (False, 3)
    facts = await OutboxFact.filter(kind="customer_changed", customer_id=made.id).order_by("id")
    assert [fact.payload["customer"]["is_blocked"] for fact in facts] == [False, True, False]


async def test_one_address_is_the_default(world):
    made = await customer(world)

    await add_address(
        world.act(), AddAddress(customer_id=made.id, address=address(city="Salem", is_default_billing=False))
    )

    first, second = await addresses(made)
    assert (first.is_default_shipping, first.is_default_billing) == (False, True)
    assert (second.is_default_shipping, second.is_default_billing) == (True, False)
    await made.refresh_from_db()
    assert made.version == 2


async def test_a_us_postal_code_puts_an_address_on_the_map(world):
    made = await customer(world, addresses=())
    for each in (
        address(postal_code="10001", is_default_shipping=False),
        address(postal_code="10115", country="DE", is_default_billing=False),
        address(postal_code="10001", latitude=1.0, longitude=2.0),
    ):
        await add_address(world.act(), AddAddress(customer_id=made.id, address=each))

    found_at, abroad, given = await addresses(made)
    assert (round(found_at.latitude, 2), round(found_at.longitude, 2)) == (40.75, -74.0)
    assert (abroad.latitude, abroad.longitude) == (None, None)
    assert (given.latitude, given.longitude) == (1.0, 2.0)


async def test_a_replaced_address_keeps_its_id_and_counts_up(world):
    made = await customer(world)
    [home] = await addresses(made)

    for city in ("Lynn", "Salem"):
        anew = address(city=city, postal_code="99999")
        await replace_address(world.act(), ReplaceAddress(customer_id=made.id, address_id=home.id, address=anew))

    [moved] = await addresses(made)
    assert (home.version, moved.id, moved.city, moved.latitude, moved.version) == (1, home.id, "Salem", None, 3)


async def test_nobody_touches_the_addresses_of_another_customer(world):
    made, other = await customer(world), await customer(world, name="Bob", email=None)
    [home] = await addresses(made)

    with pytest.raises(NotFound):
        await replace_address(
            world.act(), ReplaceAddress(customer_id=other.id, address_id=home.id, address=address(city="X"))
        )
    with pytest.raises(NotFound):
        await remove_address(world.act(), RemoveAddress(customer_id=other.id, address_id=home.id))
    with pytest.raises(NotFound):
        await remove_address((await found()).act(), RemoveAddress(customer_id=made.id, address_id=home.id))

    assert (await CustomerAddress.get(id=home.id)).city == "Boston"
    assert {each.version for each in await Customer.all()} == {1}


async def test_an_address_can_be_removed(world):
    made = await customer(world)
    [home] = await addresses(made)

    await remove_address(world.act(), RemoveAddress(customer_id=made.id, address_id=home.id))

    assert await addresses(made) == []


async def test_a_contact_is_kept_once_with_its_consent(world):
    made = await customer(world)
    command = SetContact(customer_id=made.id, kind=ContactKind.SMS, value="+1 617 555 0100", is_opted_in=True)

    await set_contact(world.act(), command)
    await set_contact(world.act(), replace(command, is_opted_in=False))

    [kept] = await CustomerContact.filter(customer=made)
    assert (kept.kind, kept.is_opted_in) == (ContactKind.SMS, False)
    await remove_contact(world.act(), RemoveContact(customer_id=made.id, kind=ContactKind.SMS, value="+1 617 555 0100"))
    assert await CustomerContact.all().count() == 0


async def test_a_contact_must_look_like_what_it_is(world):
    made = await customer(world)

    for kind, code in ((ContactKind.EMAIL, "INVALID_EMAIL"), (ContactKind.PHONE, "INVALID_PHONE")):
        command = SetContact(customer_id=made.id, kind=kind, value="nonsense")
        assert await problems(set_contact(world.act(), command)) == [("value", code)]
    with pytest.raises(NotFound):
        await remove_contact(world.act(), RemoveContact(customer_id=made.id, kind=ContactKind.EMAIL, value="a@b.co"))

    await made.refresh_from_db()
    assert made.version == 1


async def test_facts_tell_neither_addresses_nor_contacts(world):
    made = await customer(world, phone="+1 617 555 0100")
    await set_contact(world.act(), SetContact(customer_id=made.id, kind=ContactKind.EMAIL, value="secret@example.com"))
    await add_address(world.act(), AddAddress(customer_id=made.id, address=address(line1="2 Secret Street")))

    told = str([fact.payload for fact in await OutboxFact.filter(customer_id=made.id)])

    assert not any(word in told for word in ("ada@", "617", "secret@", "Secret", "Beacon"))
    last = await OutboxFact.filter(customer_id=made.id).order_by("-id").first()
    assert (last.payload["changed"], last.payload["customer"]["version"]) == ("addresses", 3)


async def test_two_default_addresses_at_once_leave_one(world):
    made = await customer(world)

    await asyncio.gather(
        *(
            add_address(world.act(), AddAddress(customer_id=made.id, address=address(city=f"City {at}")))
            for at in range(8)
        )
    )

    assert await CustomerAddress.filter(customer=made, is_default_shipping=True).count() == 1
    assert await CustomerAddress.filter(customer=made, is_default_billing=True).count() == 1
    await made.refresh_from_db()
    assert made.version == 9


async def test_a_customer_that_is_not_ours_is_not_found(world):
    with pytest.raises(NotFound):
        await update_customer(world.act(), UpdateCustomer(customer_id=new_id(), name="X"))
