"""Good rows into the tables in bulk, and how far each file has come."""
