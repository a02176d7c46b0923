"""Whether the drift check finds what was planted, and what refreshing who drifted gains and costs."""
