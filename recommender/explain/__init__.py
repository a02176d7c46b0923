"""Sentences for shoppers: what may be said (facts), who says it (the text LLM), and whether it is true (checks)."""
