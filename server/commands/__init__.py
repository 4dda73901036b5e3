"""The commands of `oms.py`, one module each: `configure(parser)` states its arguments, `run` does it."""
