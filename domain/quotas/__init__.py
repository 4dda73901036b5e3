"""Units of stock that only some buyers may take: who they are, and what becomes of the units."""
