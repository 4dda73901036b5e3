"""The numbers on a box: ours, and the container code that carriers and trading partners read."""

from typing import Final, NamedTuple

from actions.acting import Act
from domain.parcels import container_code_of
from models.db import rows

NUMBERS: Final = """
SELECT nextval('parcel_numbers') AS serial, g.gs1_company_prefix AS prefix
FROM generate_series(1, $1), organizations g WHERE g.id = $2"""


class Numbers(NamedTuple):
    number: str
    container_code: str | None
    """None for organizations without a GS1 company prefix."""


async def new_numbers(act: Act, count: int) -> list[Numbers]:
    """The code's serial is the number's, so that one can be told from the other."""
    found = await rows(NUMBERS, [count, act.organization_id])
    return [
        Numbers(f"PC-{row['serial']}", container_code_of(row["prefix"], row["serial"]) if row["prefix"] else None)
        for row in found
    ]
