"""Fitting the model: sequence model, counts, ranker."""
