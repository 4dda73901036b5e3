"""Log lines are one object each, with their facts as fields."""

import logging

import orjson

from server.logs import JsonLines, ReadableLines


def record(**extra) -> logging.LogRecord:
    made = logging.makeLogRecord({"name": "server", "levelname": "INFO", "msg": "Served %s", "args": ("it",)})
    vars(made).update(extra)
    return made


def test_a_json_line_holds_message_and_facts():
    line = orjson.loads(JsonLines().format(record(operation="PlaceOrder", error_id="e1")))

    assert line.pop("time").endswith("+00:00")
    assert line == {
        "level": "INFO", "logger": "server", "message": "Served it", "operation": "PlaceOrder", "error_id": "e1",
    }  # fmt: skip


def test_an_exception_stays_in_its_line():
    error = ValueError("two\nlines")

    text = JsonLines().format(record(exc_info=(ValueError, error, None)))

    assert "\n" not in text
    assert "ValueError: two" in orjson.loads(text)["exception"]


def test_a_readable_line_ends_with_its_facts():
    assert ReadableLines().format(record(operation="PlaceOrder")).endswith("server: Served it operation=PlaceOrder")
