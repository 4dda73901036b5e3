"""Which rule a merchant made for an order, what it makes of a routing request, and how decisions are kept and told."""
