"""What was answered in the days of a drift check: how good, how varied, how fresh, how whole and how well explained."""
