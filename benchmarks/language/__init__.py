"""What is read and written by language models: embeddings, search, sentences, the assistant."""
