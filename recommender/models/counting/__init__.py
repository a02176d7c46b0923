"""What is learned by counting: popularity, graphs from item to item, shoppers alike, the choice of their attributes."""
