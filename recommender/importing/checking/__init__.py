"""What makes a row good, and what of the rows is told."""
