"""Replies that a text LLM words from evidence, and the check that each of their sentences must pass."""
