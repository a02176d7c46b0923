"""How fast the platform is, how fresh its answers are, and what it holds in memory."""
