"""Bringing in orders from files, through the real actions."""
