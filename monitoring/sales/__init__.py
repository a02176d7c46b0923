"""Does it sell: what was shown joined with what was then done, by model, arm, scenario, source, position and week."""
