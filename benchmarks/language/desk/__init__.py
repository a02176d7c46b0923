"""Small shops to ask the assistant, the questions of all kinds that it is asked, and attacks on it."""
