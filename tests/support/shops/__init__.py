"""Shops of the tests: small real ones as rows, files or a trained model, and their shoppers' behaviour."""
