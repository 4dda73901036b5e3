"""Tests of what the tables promise."""
