"""What the shop knows as data in memory: catalogue, histories, weights of events."""
