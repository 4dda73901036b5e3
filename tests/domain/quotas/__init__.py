"""Rules of units that are set aside."""
