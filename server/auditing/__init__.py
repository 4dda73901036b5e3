"""What `oms.py audit` proves, area by area."""
