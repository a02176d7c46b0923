"""Who asks, from where and how often: authentication, permissions, rates, headers."""
