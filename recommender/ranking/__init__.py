"""`recommendation = g(user_profile, item pool)`: the ranking, its evidence and its metrics."""
