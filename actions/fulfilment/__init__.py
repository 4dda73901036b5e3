"""What a location does for an order, from release until the goods leave: each step one action."""
