"""Drift: Evidently reports, verdicts, and who drifted."""
