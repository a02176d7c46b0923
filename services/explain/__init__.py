"""The sentences that a text LLM writes beside the answers."""
