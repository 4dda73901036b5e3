"""Placing orders, against rivals that write the same rows."""
