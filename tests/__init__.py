"""Tests mirror the folders; real PostgreSQL and Valkey, nothing of ours replaced."""
