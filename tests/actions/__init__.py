"""Tests of the writes, each on a real database."""
