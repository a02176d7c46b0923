"""Whom and what an id names: one event or another, an item by a former id, the shopper of a visit."""
