"""Placing an order: what is asked, what is known, what is wrong with it, what is decided."""
