"""Helpers of the tests: real servers on free loopback ports, small real shops."""
