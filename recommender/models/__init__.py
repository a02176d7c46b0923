"""A trained model and its parts: tensors, graphs, ranker, sequence model, and the folder they are kept in."""
