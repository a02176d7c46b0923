"""Point-in-time data sets, the model, its evaluation and its release."""
