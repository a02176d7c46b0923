"""The assistant's answers."""
