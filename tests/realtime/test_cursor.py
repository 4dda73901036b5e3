"""Cursors survive the trip through a client and nothing else passes for one."""

import uuid

import pytest

from realtime.cursor import BadCursor, Cursor


@pytest.mark.parametrize("seq", [0, 1, 2**40, 2**63 - 1])
def test_a_cursor_reads_back_as_it_was_given_out(seq):
    cursor = Cursor(uuid.uuid4(), seq)

    assert Cursor.parse(str(cursor)) == cursor
    assert len(str(cursor)) == 32


@pytest.mark.parametrize(
    "text",
    ["", "0", "é" * 32, "A" * 31, "A" * 33, "=" * 32, "A" * 30 + "==", "!" * 32, "A" * 28 + "\n\n\n\n", "_" * 32],
)
def test_what_was_not_given_out_here_is_refused(text):
    with pytest.raises(BadCursor) as refused:
        Cursor.parse(text)

    assert refused.value.code == "BAD_CURSOR"
