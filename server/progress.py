"""How far a long command is, on one line of the terminal."""

import sys
import time
from typing import Self, TextIO

WIDTH = 30  # characters of the bar
LEAST_SECONDS = 0.1  # between two drawings


class Progress:
    """Draws `name [#####     ] done/total` on a terminal, and one line at the end anywhere else."""

    def __init__(self, name: str, total: int, out: TextIO = sys.stderr) -> None:
        self._name, self._total, self._out = name, total, out
        self._done = 0
        self._started = time.monotonic()
        self._drawn = 0.0

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        seconds = time.monotonic() - self._started
        self._write(f"{self._name}: {self._done:,} of {self._total:,} in {seconds:.1f} s", end="\n")

    def add(self, units: int = 1) -> None:
        self._done += units
        now = time.monotonic()
        if self._out.isatty() and now - self._drawn >= LEAST_SECONDS:
            self._drawn = now
            filled = WIDTH * self._done // max(1, self._total)
            self._write(f"{self._name} [{'#' * filled:{WIDTH}}] {self._done:,}/{self._total:,}")

    def _write(self, text: str, end: str = "") -> None:
        self._out.write((f"\r\x1b[K{text}" if self._out.isatty() else text) + end)
        self._out.flush()
