"""Recommendations: lists made and kept, scenarios, impressions, explanations."""
