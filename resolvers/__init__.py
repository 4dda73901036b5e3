"""Reads and access: whose rows, in how few queries; writes are handed to actions."""
