"""How good the recommendations are: on real data sets, on the same questions, beside other methods."""
