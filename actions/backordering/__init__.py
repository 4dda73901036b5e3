"""How long units wait for stock, how many may, and what ends their waiting but stock."""
