"""Migrations, applied in order of their names by `oms.py migrate`."""
