"""Running the service: its processes, its document, backup and restore."""
