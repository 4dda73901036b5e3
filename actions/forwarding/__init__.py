"""Goods brought to where an order is handed over, by transfers that are chained to it."""
