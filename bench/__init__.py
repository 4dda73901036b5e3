"""Measurements: every figure is a ratio of one run against something named."""
