"""Identifiers made by us, so that rows and their references can be written together (UUIDv7, RFC 9562)."""

import time
from collections.abc import Callable
from os import urandom
from uuid import UUID


def new_id() -> UUID:
    """One UUIDv7: sorts by the millisecond it was made in, random within it."""
    return id_maker(1)()


def id_maker(count: int) -> Callable[[], UUID]:
    """A maker of up to `count` ids of this millisecond, rising within it (RFC 9562 section 6.2, method 1).

    One call to the system for randomness however many ids are wanted: placing orders in groups needs hundreds at a time.
    """
    head, noise = (time.time_ns() // 1_000_000).to_bytes(6, "big"), urandom(8 * count)
    made = (
        UUID(
            bytes=head
            + (0x7000 | at & 0xFFF).to_bytes(2, "big")
            + bytes((noise[8 * at] & 0x3F | 0x80,))
            + noise[8 * at + 1 : 8 * at + 8]
        )
        for at in range(count)
    )
    return made.__next__
