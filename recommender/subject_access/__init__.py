"""What the database holds of a shopper, for those who ask for it."""
