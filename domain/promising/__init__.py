"""Which day the customer can have it: when a place works, what a carrier needs, what will come in, what is offered."""
