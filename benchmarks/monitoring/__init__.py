"""Whether the drift check finds what was planted."""
