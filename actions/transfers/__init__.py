"""Goods moved between our own locations."""
