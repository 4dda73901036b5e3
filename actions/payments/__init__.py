"""Payments: add, authorise, capture, void, refund; and what happens when nobody answers."""
