"""Random work with stock: what one may do, what must be true after it."""
