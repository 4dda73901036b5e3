"""Papers of a location, printed on request: labels, packing slips and pick lists."""
