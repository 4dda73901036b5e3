"""Reading and access, on real rows."""
