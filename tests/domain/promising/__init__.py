"""Rules of promising, by their sources' own examples and by properties."""
