"""Evidently's workspace: all runs of the drift check beside each other, and the panels of their course."""
