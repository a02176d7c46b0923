"""Public data sets of recommendation."""
