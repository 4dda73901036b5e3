"""Processor time that orders cost: here, and in PostgreSQL with all its processes."""

import time
from typing import NamedTuple

import psutil

from models.db import rows


class Processor(NamedTuple):
    """Seconds of this thread and of PostgreSQL so far."""

    python: float
    postgres: float

    def microseconds_since(self, before: "Processor", orders: int) -> "Processor":
        return Processor(*(1_000_000 * (now - then) / orders for now, then in zip(self, before, strict=True)))


async def processor() -> Processor:
    [backend] = await rows("SELECT pg_backend_pid() AS id", [])
    postmaster = psutil.Process(psutil.Process(backend["id"]).ppid())
    return Processor(time.thread_time(), _seconds(postmaster) + _of_ended(postmaster))


def _seconds(postmaster: psutil.Process) -> float:
    """Of those that live; a backend that ends meanwhile is counted by its parent."""
    found = 0.0
    for process in (postmaster, *postmaster.children()):
        try:
            spent = process.cpu_times()
        except psutil.NoSuchProcess:
            continue
        found += spent.user + spent.system
    return found


def _of_ended(postmaster: psutil.Process) -> float:
    spent = postmaster.cpu_times()
    return spent.children_user + spent.children_system
