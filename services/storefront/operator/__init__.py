"""Pages for who runs the shop: drift, models, sales."""
