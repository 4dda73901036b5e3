"""What no location has, ordered from vendors who ship it to the customer."""
