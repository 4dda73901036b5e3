"""How plentiful variants are, and what is said of it."""
