"""What the measurements share: services and servers started for a run, HTTP load, tables of results."""
