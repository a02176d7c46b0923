"""What changes a ranking after it was scored: diversity and the shop's rules."""
