"""`user_profile = f(behaviour, item descriptions)` and its update by new behaviour."""
