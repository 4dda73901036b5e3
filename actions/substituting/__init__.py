"""Sending something else than was ordered: at once where that is allowed, else when somebody said yes."""
