"""What is known of a source shop's distributions: small, without any row of its shoppers.

It holds numbers and names and draws nothing. `grocery.json` beside it is learned from the demo's public data by
`python -m benchmarks.synthetic --describe FILE`.
"""

from functools import cache
from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field

GROCERY = Path(__file__).with_name("grocery.json")
TIERS = (0.01, 0.1, 0.5, 1.0)  # parts of a catalogue, the best sellers first, in which categories are counted apart
FAVOURITES = 20  # categories that a shopper comes back to
Curve = tuple[tuple[float, float], ...]  # places on a line and the value there


class Category(BaseModel):
    """A category's items: how many there are in each of `TIERS`, what they are called and what they cost."""

    model_config = ConfigDict(frozen=True)

    path: tuple[str, ...]
    items: tuple[int, ...] = Field(min_length=len(TIERS), max_length=len(TIERS))
    price: tuple[float, float]  # mean and standard deviation of the logarithm
    names: tuple[str, ...] = Field(min_length=1)
    sizes: tuple[str, ...] = ()
    brands: dict[str, int] = {}


class Description(BaseModel):
    """The distributions of a shop. Part means are those of parts of equal size, from the lowest to the highest."""

    model_config = ConfigDict(frozen=True)

    source: str
    days: int  # that the source was looked at
    baskets: tuple[float, ...]  # part means of a shopper's baskets in these days
    lines_mean: float  # lines of a basket
    fullness: tuple[tuple[float, ...], ...]  # of shoppers who come rarely to often: a mean basket over `lines_mean`
    lines: tuple[float, ...]  # part means of a basket's lines over its shopper's mean
    first_bought: Curve  # lines bought before the basket; share of its lines that are drawn anew
    sold: Curve  # share of the catalogue, best sellers first; its share of the lines
    loyalty: float  # share of what is drawn anew that falls in one of the shopper's `FAVOURITES`
    hours: tuple[tuple[float, ...], ...]  # share of the lines by weekday, Monday first, and hour
    quantities: tuple[float, ...]  # share of lines of one piece, of two ...
    distinct_texts: float  # distinct titles over items
    categories: tuple[Category, ...]

    @property
    def lines_a_shopper(self) -> float:
        """Expected in `days`."""
        return self.lines_mean * sum(self.baskets) / len(self.baskets)


@cache
def read_description(path: Path = GROCERY) -> Description:
    """A description from its file."""
    return Description.model_validate_json(path.read_bytes())
