"""A home kept as a file, and brought back without what was taken back since."""
