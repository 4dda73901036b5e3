"""A log replayed through the real actions ends as the log says."""

import os
from pathlib import Path

import pytest

from actions import desk
from bench.ocel_log import read
from bench.replay_ocel import Replay, differences
from domain.ids import new_id
from models import ParcelLine

HEADER = "ocel:eid,ocel:activity,ocel:timestamp,ocel:type:customers,ocel:type:items,ocel:type:orders,ocel:type:packages,ocel:type:products,weight,price"
LOG = """\
1.0,place order,2019-05-20 07:00:00.000Z, ,"['i1','i2']",['o1'], , ,1,30
2.0,place order,2019-05-20 08:00:00.000Z, ,"['i3']",['o2'], , ,1,9.99
3.0,pick item,2019-05-20 08:10:00.000Z, ,['i1'], , , ,1,19.99
4.0,confirm order,2019-05-20 08:20:00.000Z, , ,['o1'], , ,1,30
5.0,item out of stock,2019-05-20 08:30:00.000Z, ,['i2'], , , ,1,10.01
6.0,pick item,2019-05-20 08:40:00.000Z, ,['i3'], , , ,1,9.99
7.0,create package,2019-05-20 09:00:00.000Z, ,"['i1','i3']", ,['p1'], ,2,30
8.0,send package,2019-05-20 10:00:00.000Z, , , ,['p1'], ,2,30
9.0,pay order,2019-05-20 10:30:00.000Z, , ,['o2'], , ,1,9.99
10.0,failed delivery,2019-05-20 11:00:00.000Z, , , ,['p1'], ,2,30
11.0,reorder item,2019-05-21 07:00:00.000Z, ,['i2'], , , ,1,10.01
12.0,pick item,2019-05-21 08:00:00.000Z, ,['i2'], , , ,1,10.01
13.0,package delivered,2019-05-21 09:00:00.000Z, , , ,['p1'], ,2,30
14.0,create package,2019-05-21 10:00:00.000Z, ,['i2'], ,['p2'], ,1,10
15.0,payment reminder,2019-05-21 10:10:00.000Z, , ,['o1'], , ,1,30
16.0,send package,2019-05-21 11:00:00.000Z, , , ,['p2'], ,1,10
17.0,package delivered,2019-05-22 09:00:00.000Z, , , ,['p2'], ,1,10
18.0,pay order,2019-05-22 10:00:00.000Z, , ,['o1'], , ,1,30
"""
PUBLISHED = Path(
    os.environ.get("OMS_OCEL_LOG", Path(__file__).parents[3] / "shared/data/ocel-orders/ocel_order_simulated.csv")
)


async def replayed(path: Path, database_url: str, **limits) -> Replay:
    async with desk.opened(database_url) as counter:
        replay = Replay(read(path, **limits), counter, new_id())
        await replay.run()
    return replay


async def test_a_log_with_a_stock_out_a_shared_parcel_and_a_failed_delivery(database, database_url, tmp_path) -> None:
    path = tmp_path / "log.csv"
    path.write_text(f"{HEADER}\n{LOG}")

    replay = await replayed(path, database_url)

    assert await differences(replay) == []
    assert await ParcelLine.filter(parcel_id=replay.parcels["p1"]).count() == 2


async def test_a_missing_delivery_is_noticed(database, database_url, tmp_path) -> None:
    path = tmp_path / "log.csv"
    path.write_text(f"{HEADER}\n{LOG}")
    replay = await replayed(path, database_url)
    replay.log.packages["p2"] = ("i1",)

    assert any("parcel p2" in each for each in await differences(replay))


@pytest.mark.skipif(not PUBLISHED.exists(), reason="the published log is not on this machine (OMS_OCEL_LOG)")
async def test_the_first_orders_of_the_published_log(database, database_url) -> None:
    replay = await replayed(PUBLISHED, database_url, orders=15)

    assert await differences(replay) == []
