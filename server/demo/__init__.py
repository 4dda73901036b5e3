"""A living business to look at: made, given a past, and kept going."""
