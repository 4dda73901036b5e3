"""Papers are about what lies on shelves; a kit does not, and nothing on paper of one could ever be moved."""

from collections.abc import Sequence
from typing import Final
from uuid import UUID

from actions.acting import Act
from domain.validation import Checks
from models.db import rows

# The lock keeps a variant from becoming a kit until what names it is seen.
VARIANTS: Final = """
SELECT id, sku, is_kit FROM variants WHERE organization_id = $1 AND id = ANY($2::uuid[]) ORDER BY id FOR KEY SHARE"""


async def check_stocked(act: Act, checks: Checks, wanted: Sequence[tuple[str, UUID]]) -> None:
    """Note UNKNOWN at the path of every id that is no variant of this organization, KIT at that of every kit."""
    found = {row["id"]: row for row in await rows(VARIANTS, [act.organization_id, sorted({key for _, key in wanted})])}
    for path, variant_id in wanted:
        if variant_id not in found:
            checks.note(path, "UNKNOWN", "There is no such thing, or you may not use it.")
        elif found[variant_id]["is_kit"]:
            why = f"{found[variant_id]['sku']} is a kit and has no stock of its own: name its components."
            checks.note(path, "KIT", why)
