"""How long a test waits for what must come."""

from typing import Final

PATIENCE_SECONDS: Final = 180
"""Nothing that works takes this long, on whatever machine and beside whatever load: only what hangs reaches it."""
