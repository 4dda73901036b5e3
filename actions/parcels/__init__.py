"""Parcels: packed, weighed, shipped and followed until they arrive. One may carry lines of several orders."""
