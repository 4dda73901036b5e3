"""Log lines: one JSON object each in production, one readable line each in development.

Facts about the event go in `extra={...}`, so that they stay fields. Values a client sent are never among them.
"""

import logging
import sys
from datetime import UTC, datetime
from typing import Any

import orjson

STANDARD_FIELDS = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime", "color_message", "taskName"}
TERSE = ("asyncpg.pool",)
NOISY = ("tortoise.db_client", "tortoise", "strawberry.execution")


def start_logging(level: str, *, as_json: bool) -> None:
    """Send every logger of the process, uvicorn's included, to standard error in one form."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(JsonLines() if as_json else ReadableLines())
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level)
    for name in TERSE:  # that a database is away is no mistake that a trace would help to find
        logging.getLogger(name).addFilter(_without_trace)
    for name in NOISY:  # they repeat statements or documents, with the values in them
        logging.getLogger(name).setLevel(logging.CRITICAL)


def _without_trace(record: logging.LogRecord) -> bool:
    record.exc_info = record.exc_text = None
    return True


class JsonLines(logging.Formatter):
    def format(self, record: logging.LogRecord) -> str:
        line: dict[str, Any] = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname,
            "logger": record.name,
            "message": record.getMessage(),
            **_facts(record),
        }
        if record.exc_info:
            line["exception"] = self.formatException(record.exc_info)
        return orjson.dumps(line, default=str).decode()


class ReadableLines(logging.Formatter):
    def format(self, record: logging.LogRecord) -> str:
        moment = datetime.fromtimestamp(record.created, UTC).strftime("%H:%M:%S")
        facts = "".join(f" {name}={value}" for name, value in _facts(record).items())
        line = f"{moment} {record.levelname.lower():7} {record.name}: {record.getMessage()}{facts}"
        return f"{line}\n{self.formatException(record.exc_info)}" if record.exc_info else line


def _facts(record: logging.LogRecord) -> dict[str, Any]:
    return {name: value for name, value in vars(record).items() if name not in STANDARD_FIELDS}
