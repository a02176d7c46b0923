"""What a shop's system tells by itself, as orders are placed and products change: signed, and each delivery once."""
