"""Stock that is set aside for groups of buyers."""
