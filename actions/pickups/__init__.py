"""Units that customers collect: what they are asked when they cannot, and who has come."""
