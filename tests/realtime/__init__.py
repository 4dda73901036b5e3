"""Tests of the way facts take to subscribers."""
