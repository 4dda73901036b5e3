"""Dates that can be promised, what was promised, and how it went."""
