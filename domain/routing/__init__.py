"""Which location ships what: exact per order, explained, and many orders at once."""
