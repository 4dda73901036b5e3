"""Where a subscriber is in the one order of all facts, as a short text clients keep and give back."""

from base64 import urlsafe_b64decode, urlsafe_b64encode
from dataclasses import dataclass
from typing import Self
from uuid import UUID

from domain.errors import DomainError

TEXT_LENGTH = 32  # characters: 16 bytes of epoch and 8 of seq in base64, which leaves no padding
EPOCH_BYTES = 16
SEQ_BYTES = 8
HIGHEST_SEQ = 2**63 - 1  # PostgreSQL's bigint


class BadCursor(DomainError):
    code = "BAD_CURSOR"

    def __init__(self) -> None:
        super().__init__("This cursor was not given out here. Leave `after` out to start with a snapshot.")


@dataclass(frozen=True, slots=True)
class Cursor:
    """Everything up to `seq` of the history named `epoch` has been seen."""

    epoch: UUID
    seq: int

    def __str__(self) -> str:
        return urlsafe_b64encode(self.epoch.bytes + self.seq.to_bytes(SEQ_BYTES)).decode()

    @classmethod
    def parse(cls, text: str) -> Self:
        """Raises BadCursor. A cursor of another database parses: it is expired, not malformed."""
        if len(text) != TEXT_LENGTH:
            raise BadCursor
        try:
            raw = urlsafe_b64decode(text)
        except ValueError:
            raise BadCursor from None
        if len(raw) != EPOCH_BYTES + SEQ_BYTES:  # characters outside the alphabet are skipped by the decoder
            raise BadCursor
        seq = int.from_bytes(raw[EPOCH_BYTES:])
        if seq > HIGHEST_SEQ:
            raise BadCursor
        return cls(UUID(bytes=raw[:EPOCH_BYTES]), seq)
