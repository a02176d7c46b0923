"""Measuring a model beside plain methods."""
