"""What a shop's system tells by itself, signed, each delivery once; and what that system is told."""
