"""Building the offline features: days of the event log in, rows of the views out."""
