"""Embedding the catalogue and fine-tuning the encoder."""
