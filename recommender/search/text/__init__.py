"""What a text says, in words and marks that can be compared: normalised, cut, stemmed; negations, quantities."""
