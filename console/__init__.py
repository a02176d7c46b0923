"""Runs the whole platform on one machine: starts, watches and stops its processes. Talks to them over HTTP."""
