"""Payments, against a provider that fails in every way."""
