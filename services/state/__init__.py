"""What a worker keeps in memory: the model in service, the catalogue, encoders, preferences."""
