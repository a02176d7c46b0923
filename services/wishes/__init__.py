"""What a shopper says in words, put to work in answers."""
