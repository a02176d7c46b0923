"""What shoppers did, as trackers and recommenders write it."""
