"""What is done to an order: placing, drafting, confirming, holding, cancelling, noting."""
