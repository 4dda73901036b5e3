"""An option handed back: opened, and found to be one that was offered and still stands."""

from typing import Any

from actions.acting import Act
from actions.promising.keys import known_key
from domain.errors import InputProblem, InvalidInput, PromiseEnded
from domain.promising.promise import Promised
from domain.promising.sealing import BrokenSeal, unseal


async def opened(act: Act, text: str, *, path: str) -> Promised:
    """Raises InvalidInput for what is not an option that this organization offered."""
    unknown = InvalidInput(
        [InputProblem(path, "NOT_OFFERED", "Give the `id` of an option as `promise` offered it, also of what is held.")]
    )
    key = await known_key(act.organization_id)
    if key is None:
        raise unknown
    try:
        told: Any = unseal(key, text)
    except BrokenSeal as error:
        raise unknown from error
    return Promised.read(told)


def check_stands(act: Act, promised: Promised) -> None:
    """Raises PromiseEnded."""
    if act.now >= promised.expires_at:
        raise PromiseEnded("The offer stood for a while only, and that is over.")
