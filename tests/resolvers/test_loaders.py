"""Loaders read much in few statements, and only what the viewer may see."""

import asyncio
import contextlib

import pytest

from domain.permissions import Role
from models import Product, Variant, db
from resolvers.ids import global_id
from resolvers.loaders import Loaders
from resolvers.scopes import EVERYONE
from resolvers.sources import Entity, Find, Many, Page, Sql
from resolvers.visible import VARIANTS
from schema.catalogue import VariantSort
from tests.resolvers.world import World, furnish

pytestmark = pytest.mark.usefixtures("database")
OPEN, SCOPED = (Entity("Variant", Variant, scope, None) for scope in (EVERYONE, VARIANTS))
BY_ID = Find(())


@pytest.fixture
async def world() -> World:
    return await furnish(orders=0)


async def test_a_cancelled_caller_takes_nothing_from_those_who_want_the_same(world) -> None:
    loaders = Loaders(world.viewers()[Role.ADMIN])
    wanted = {"id": global_id("Variant", world.of(Variant)[0].id)}
    impatient, patient = (asyncio.create_task(loaders.find(BY_ID, SCOPED, wanted)) for _ in range(2))
    await asyncio.sleep(0)

    impatient.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await impatient

    assert (await patient).sku == world.of(Variant)[0].sku
    assert (await loaders.find(BY_ID, SCOPED, wanted)).sku == world.of(Variant)[0].sku


async def test_a_loader_refuses_to_read_inside_a_write_transaction(world) -> None:
    loaders = Loaders(world.viewers()[Role.ADMIN])
    wanted = {"id": global_id("Variant", world.of(Variant)[0].id)}

    async with db.tx():
        with pytest.raises(TypeError, match="outside write transactions"):
            await loaders.find(BY_ID, SCOPED, wanted)

    assert await loaders.find(BY_ID, SCOPED, wanted)


async def test_two_types_over_one_table_never_share_rows(world) -> None:
    loaders, everything = Loaders(world.viewers()[Role.ANONYMOUS]), {"sort": VariantSort.SKU, "first": 100}
    page = Page(None, VariantSort, None)

    open_rows = await loaders.page(page, OPEN, None, everything)
    scoped_rows = await loaders.page(page, SCOPED, None, everything)

    assert len(open_rows) == 32
    assert len(scoped_rows) == 12


async def test_a_key_longer_than_its_column_finds_nothing(world) -> None:
    loaders = Loaders(world.viewers()[Role.ADMIN])
    sku = world.of(Variant)[0].sku

    assert await loaders.find(Find((("sku", str),)), SCOPED, {"sku": sku})
    assert await loaders.find(Find((("sku", str),)), SCOPED, {"sku": sku + " " * 64 + "x"}) is None


async def test_expressions_of_many_rows_are_one_statement(world, monkeypatch) -> None:
    sent = []
    real = db.rows

    async def counted(sql, values=()):
        sent.append(sql)
        return await real(sql, values)

    monkeypatch.setattr(db, "rows", counted)
    loaders, source = Loaders(world.viewers()[Role.ADMIN]), Sql("upper({row}.sku)")

    shown = await asyncio.gather(*(loaders.computed(source, row) for row in world.of(Variant)))

    assert shown == [row.sku.upper() for row in world.of(Variant)]
    assert len(sent) == 1


async def test_rows_of_a_relation_come_in_their_order_and_ties_by_id(world) -> None:
    loaders, product = Loaders(world.viewers()[Role.ADMIN]), world.of(Product)[0]

    rows = await loaders.many(Many("variants", "tax_class"), SCOPED, product)

    assert [row.id for row in rows] == sorted(row.id for row in world.of(Variant) if row.product_id == product.id)
