"""`oms.py check`: format, lint, types, arrows, tests. Continuous integration runs this and nothing else."""

import argparse
import subprocess
import sys
import time
from pathlib import Path

from server.settings import PROJECT_FOLDER, Settings

PYTHON = sys.executable
TOOLS = Path(sys.executable).parent
STEPS: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("format", (str(TOOLS / "ruff"), "format", "--check", ".")),
    ("lint", (str(TOOLS / "ruff"), "check", ".")),
    ("types", (PYTHON, "-m", "mypy")),
    ("arrows", (str(TOOLS / "lint-imports"),)),
    ("tests", (PYTHON, "-m", "pytest", "-q", "-n", "auto", "--maxprocesses", "4", "--dist", "loadfile")),
)


def configure(parser: argparse.ArgumentParser) -> None:
    names = [name for name, _ in STEPS]
    parser.add_argument(
        "--only", action="append", choices=names, default=[], help="run only this step; may be repeated"
    )


def run(arguments: argparse.Namespace, _settings: Settings) -> int:
    """Stops at the first step that fails, with its exit code."""
    for name, command in STEPS:
        if arguments.only and name not in arguments.only:
            continue
        _say(f"── {name}: {Path(command[0]).name} {' '.join(command[1:])}")
        started = time.monotonic()
        code = subprocess.run(command, cwd=PROJECT_FOLDER, check=False).returncode  # noqa: S603 - the table above
        if code:
            _say(f"── {name} failed")
            return code
        _say(f"── {name} passed in {time.monotonic() - started:.1f} s\n")
    return 0


def _say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()  # the step's own output follows
