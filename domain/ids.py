"""Identifiers made by us, so that rows and their references can be written together (UUIDv7, RFC 9562)."""

import time
from collections.abc import Callable, Iterator
from datetime import datetime
from os import urandom
from uuid import UUID

COUNTERS = [(0x7000 | at).to_bytes(2, "big") for at in range(0x1000)]
VARIANTS = [bytes((at & 0x3F | 0x80,)) for at in range(0x100)]


def new_id() -> UUID:
    """One UUIDv7: sorts by the millisecond it was made in, random within it."""
    return id_maker(1)()


def id_maker(at_once: int = 64, make: Callable[[bytes], UUID] | None = None) -> Callable[[], UUID]:
    """A maker of ids, rising within each `at_once` of them (RFC 9562 section 6.2, method 1).

    It asks the system for randomness once for `at_once` ids: placing orders in groups needs hundreds at a time. `make`
    builds an id from its 16 bytes.
    """
    return _ids(at_once, make or _plain).__next__


def first_id(moment: datetime) -> UUID:
    """No id made at that moment or later sorts before it."""
    return UUID(bytes=int(moment.timestamp() * 1000).to_bytes(6, "big") + bytes(10))


def _plain(raw: bytes) -> UUID:
    return UUID(bytes=raw)


def _ids(at_once: int, make: Callable[[bytes], UUID]) -> Iterator[UUID]:
    while True:
        head, noise = (time.time_ns() // 1_000_000).to_bytes(6, "big"), urandom(8 * at_once)
        for at in range(at_once):
            tail = noise[8 * at : 8 * at + 8]
            yield make(head + COUNTERS[at & 0xFFF] + VARIANTS[tail[0]] + tail[1:])
