"""What shoppers say about their data: consent, mutes, events taken back, export and erasure."""
