"""What a query finds in the log is what an interest includes, and pages of it leave nothing out."""

import random
import uuid
from datetime import UTC, datetime

from realtime.interest import Interest
from realtime.log import LogReader
from tests.realtime.world import IDS

FEW = [uuid.UUID(int=number) for number in range(1, 4)]
NAMED = ("order_ids", "variant_ids", "customer_ids", "location_ids", "channel_ids")


def some_interest(dice: random.Random) -> Interest:
    named = {name: frozenset(dice.sample(FEW, dice.randint(0, 2))) for name in NAMED if dice.random() < 0.25}
    kinds = frozenset({"sold"}) if dice.random() < 0.2 else None
    return Interest(organization_id=dice.choice(FEW), is_of_order=dice.random() < 0.3, kinds=kinds, **named)


async def test_a_query_finds_exactly_what_an_interest_includes(writers):
    dice = random.Random(3)
    facts = [
        (seq, dice.choice(FEW), dice.choice(["sold", "moved"]), *(dice.choice([None, *FEW]) for _ in IDS), "{}", "x",
         datetime.now(UTC))
        for seq in range(1, 401)
    ]  # fmt: skip
    columns = ["seq", "organization_id", "kind", *IDS, "payload", "actor", "recorded_at"]
    async with writers.pool.acquire() as connection:
        places = ", ".join(f"${at}" for at in range(1, len(columns) + 1))
        await connection.executemany(f"INSERT INTO event_log ({', '.join(columns)}) VALUES ({places})", facts)
    reader = LogReader(writers.pool)
    everything = await reader.after(0, 1_000)

    for _ in range(200):
        interest, after, upto = some_interest(dice), dice.randint(0, 200), dice.randint(200, 400)
        expected = [fact for fact in everything if after < fact.seq <= upto and interest.includes(fact)]
        assert await reader.matching(interest, after=after, upto=upto, limit=1_000) == expected
        assert await reader.matching(interest, after=after, upto=upto, limit=5) == expected[:5]
