"""Which model is in service: put there, and taken back. It knows rows and files of models, and trains nothing."""
