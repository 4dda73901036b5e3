"""What dates are promised by, and the promises that somebody relies on."""
