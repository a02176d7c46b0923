"""Drift runs as rows, who drifted in them, and what was decided on each. It knows the tables, and no way to measure."""
