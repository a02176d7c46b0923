"""The gate, the Bento and what is told of a model."""
