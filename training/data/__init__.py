"""What training reads: the log of events, questions with known answers, and what is known beside events."""
