"""Staff, roles and API keys."""

from dataclasses import replace
from datetime import timedelta

import pytest

from actions.api_keys import CreateApiKey, RevokeApiKey, create_api_key, revoke_api_key
from actions.staff import DeactivateStaff, UpsertRole, UpsertStaff, deactivate_staff, upsert_role, upsert_staff
from domain import api_keys as key_text
from domain.errors import Conflict, InvalidInput, NotFound
from domain.ids import new_id
from domain.permissions import Permission, Role
from models import ApiKey, OutboxFact, Staff
from models import Role as RoleRow
from server.auth import Authenticator
from server.clock import fixed
from server.credentials import NotAuthenticated
from server.settings import Settings
from tests.world import NOW, furnish

pytestmark = pytest.mark.usefixtures("database")


@pytest.fixture
async def world():
    return await furnish(units=0)


async def role_id(world, kind=Role.AGENT):
    return (await RoleRow.get(organization_id=world.organization_id, kind=kind)).id


async def hired(world, **values):
    given = {"email": "kim@example.com", "name": "Kim", "role_id": await role_id(world), **values}
    return await upsert_staff(world.act(), UpsertStaff(**given))


async def test_staff_are_known_by_their_email_in_any_case(world):
    first = await hired(world, channel_ids=(world.web.id,))

    again = await upsert_staff(world.act(), UpsertStaff(email="KIM@example.com", name="Kim Lee", expected_version=1))

    kept = await Staff.get(id=again)
    assert (again, kept.name, kept.version, kept.email) == (first, "Kim Lee", 2, "kim@example.com")
    assert [channel.id for channel in await kept.channels.all()] == [world.web.id]


async def test_changing_only_the_channels_of_staff_counts_as_a_change(world):
    key = await hired(world, channel_ids=(world.web.id,))

    await upsert_staff(world.act(), UpsertStaff(email="kim@example.com", channel_ids=()))

    kept = await Staff.get(id=key)
    assert kept.version == 2
    assert await kept.channels.all() == []


async def test_everything_wrong_with_staff_is_told_at_once(world):
    command = UpsertStaff(
        email="kim", name="", role_id=await role_id(world, Role.CUSTOMER), channel_ids=(new_id(),), location_ids=()
    )

    with pytest.raises(InvalidInput) as refused:
        await upsert_staff(world.act(), command)

    assert [(problem.path, problem.code) for problem in refused.value.problems] == [
        ("email", "INVALID_EMAIL"),
        ("name", "REQUIRED"),
        ("role_id", "UNKNOWN"),
        ("channel_ids.0", "UNKNOWN"),
    ]
    assert await Staff.all().count() == 0


async def test_an_old_version_of_staff_is_a_conflict(world):
    await hired(world)

    with pytest.raises(Conflict):
        await upsert_staff(world.act(), UpsertStaff(email="kim@example.com", name="X", expected_version=7))

    assert (await Staff.get(email="kim@example.com")).name == "Kim"


async def test_a_role_may_only_take_away_from_its_kind(world):
    command = UpsertRole(code="auditor", name="Auditor", kind=Role.AGENT, permissions=(Permission.READ_STAFF,))

    with pytest.raises(InvalidInput) as refused:
        await upsert_role(world.act(), command)

    assert refused.value.problems[0].path == "permissions.0"
    assert await RoleRow.filter(code="auditor").count() == 0


async def test_a_role_keeps_its_kind(world):
    command = UpsertRole(code="auditor", name="Auditor", kind=Role.AGENT, permissions=(Permission.READ_ORDERS,))
    await upsert_role(world.act(), command)

    with pytest.raises(InvalidInput):
        await upsert_role(world.act(), replace(command, kind=Role.ADMIN))
    await upsert_role(world.act(), replace(command, permissions=(Permission.READ_STOCK,)))

    kept = await RoleRow.get(code="auditor")
    assert (kept.kind, kept.permissions) == (Role.AGENT, ["read_stock"])


async def test_a_key_is_shown_once_and_lets_its_owner_in(world):
    person = await hired(world, channel_ids=(world.web.id,))

    made = await create_api_key(world.act(), CreateApiKey(name="Kim's laptop", staff_id=person))

    viewer = await authenticator().viewer(made.text)
    assert (viewer.role, viewer.channel_ids, viewer.principal) == (Role.AGENT, (world.web.id,), f"staff:{person}")
    stored = await ApiKey.get(id=made.id)
    assert stored.secret_hash == key_text.hashed(key_text.split(made.text)[1])
    facts = [fact.payload for fact in await OutboxFact.filter(kind="api_key_changed")]
    assert stored.secret_hash not in str(facts)


async def test_the_same_idempotency_key_makes_one_api_key_and_shows_it_once(world):
    command = CreateApiKey(name="Shop", role_id=await role_id(world, Role.PARTNER))

    first = await create_api_key(world.act("same-key-1"), command)
    again = await create_api_key(world.act("same-key-1"), command)

    assert first.text is not None
    assert again == (first.id, None)
    assert await ApiKey.all().count() == 1


async def test_a_customers_key_is_confined_to_that_customer(world):
    made = await create_api_key(world.act(), CreateApiKey(name="App", customer_id=world.customer.id))

    viewer = await authenticator().viewer(made.text)
    assert (viewer.role, viewer.customer_id) == (Role.CUSTOMER, world.customer.id)


@pytest.mark.parametrize(
    ("values", "path"),
    [
        ({}, "role_id"),
        ({"role_id": new_id()}, "role_id"),
        ({"staff_id": new_id()}, "role_id"),
        ({"customer_id": new_id()}, "role_id"),
        ({"expires_at": NOW}, "expires_at"),
        ({"channel_ids": (new_id(),)}, "channel_ids.0"),
        ({"scopes": (Permission.READ_STAFF,)}, "scopes.0"),
    ],
)
async def test_a_key_that_cannot_be_is_refused(world, values, path):
    given = {"name": "Shop", **values}
    if path != "role_id":
        given["role_id"] = await role_id(world, Role.PARTNER)

    with pytest.raises(InvalidInput) as refused:
        await create_api_key(world.act(), CreateApiKey(**given))

    assert path in [problem.path for problem in refused.value.problems]
    assert await ApiKey.all().count() == 0


async def test_a_key_belongs_to_one_owner_only(world):
    command = CreateApiKey(name="Both", role_id=await role_id(world), customer_id=world.customer.id)

    with pytest.raises(InvalidInput):
        await create_api_key(world.act(), command)


async def test_a_revoked_key_is_dead_and_stays_so(world):
    made = await create_api_key(world.act(), CreateApiKey(name="Shop", role_id=await role_id(world, Role.PARTNER)))

    await revoke_api_key(world.act(), RevokeApiKey(api_key_id=made.id))
    await revoke_api_key(world.act(now=NOW + timedelta(days=1)), RevokeApiKey(api_key_id=made.id))

    assert (await ApiKey.get(id=made.id)).revoked_at == NOW
    assert await OutboxFact.filter(kind="api_key_changed").count() == 2
    with pytest.raises(NotAuthenticated):
        await authenticator().viewer(made.text)


async def test_a_key_of_another_organization_cannot_be_revoked(world):
    other = await furnish(units=0)
    made = await create_api_key(world.act(), CreateApiKey(name="Shop", role_id=await role_id(world, Role.PARTNER)))

    with pytest.raises(NotFound):
        await revoke_api_key(other.act(), RevokeApiKey(api_key_id=made.id))

    assert (await ApiKey.get(id=made.id)).revoked_at is None


async def test_the_keys_of_staff_follow_their_role_and_die_when_they_leave(world):
    person = await hired(world)
    made = await create_api_key(world.act(), CreateApiKey(name="Laptop", staff_id=person))
    await upsert_staff(world.act(), UpsertStaff(email="kim@example.com", role_id=await role_id(world, Role.WAREHOUSE)))

    promoted = await authenticator().viewer(made.text)
    await deactivate_staff(world.act(), DeactivateStaff(staff_id=person, expected_version=2))

    assert promoted.role is Role.WAREHOUSE
    with pytest.raises(NotAuthenticated):
        await authenticator().viewer(made.text)


def authenticator() -> Authenticator:
    return Authenticator(Settings(clock=fixed(NOW)))
