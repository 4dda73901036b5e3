"""The relay, a hub and writers, for every test here."""

from tests.realtime.fixtures import hub, relay, writers

__all__ = ["hub", "relay", "writers"]
