"""Goods ordered from vendors."""
