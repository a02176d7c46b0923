"""Weights of event types as a setting says them: cart=0.5,favorite=0.8. It knows names and numbers alone."""

NAMES = ("view", "cart", "favorite", "purchase", "review")


def parse_weights(text: str) -> dict[str, float]:
    """The weights that are named, each from 0 to 1. Raises ValueError."""
    weights: dict[str, float] = {}
    for pair in filter(None, (part.strip() for part in text.split(","))):
        name, equals, number = (part.strip() for part in pair.partition("="))
        if not equals or name not in NAMES:
            raise ValueError(f"{pair!r} is no weight: write cart=0.5, of {', '.join(NAMES)}")
        try:
            weights[name] = float(number)
        except ValueError:
            raise ValueError(f"the weight of {name} is {number!r}, which is no number: write cart=0.5") from None
        if not 0 <= weights[name] <= 1:
            raise ValueError(f"the weight of {name} is {number}: it is from 0 to 1, where a purchase usually has 1")
    return weights


def check_weights(text: str) -> str:
    """The same text, if it says weights; raises ValueError."""
    parse_weights(text)
    return text
