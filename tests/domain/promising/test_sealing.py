"""Options cannot be read, changed or made by those who hold them."""

import base64

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.promising.sealing import KEY_BYTES, NONCE_BYTES, BrokenSeal, seal, unseal

KEY, NONCE = bytes(range(KEY_BYTES)), b"n" * NONCE_BYTES
CONTENT = {"cost_minor": 4711, "parcels": [{"quantity": 2}], "nothing": None}
SEALED = seal(KEY, NONCE, CONTENT)
ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"


def test_what_was_sealed_comes_back():
    assert unseal(KEY, SEALED) == CONTENT


def test_what_is_sealed_cannot_be_read():
    assert b"4711" not in base64.urlsafe_b64decode(SEALED + "==")


def test_another_key_opens_nothing():
    with pytest.raises(BrokenSeal):
        unseal(bytes(KEY_BYTES), SEALED)


@given(st.integers(0, len(SEALED) - 1), st.sampled_from(ALPHABET))
def test_no_letter_can_be_changed(at, letter):
    changed = SEALED[:at] + letter + SEALED[at + 1 :]

    if changed != SEALED:
        with pytest.raises(BrokenSeal):
            unseal(KEY, changed)


@given(st.text(max_size=80) | st.integers(0, len(SEALED) - 1).map(lambda size: SEALED[:size]))
def test_nothing_else_is_taken_for_sealed(text):
    with pytest.raises(BrokenSeal):
        unseal(KEY, text)
