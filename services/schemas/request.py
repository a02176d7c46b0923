"""What all requests are: their base, and names as they take them. It knows no endpoint."""

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from recommender.db.tables import ID_LENGTH

# an id as shops write them: anything but control characters
Id = Annotated[str, Field(min_length=1, max_length=ID_LENGTH, pattern=r"^[^\x00-\x1f\x7f]+$")]
Name = Annotated[str, Field(min_length=1, max_length=256, pattern=r"^[^\x00]+$")]
Language = Literal["en", "zh"]
ItemLanguage = Annotated[str, Field(min_length=2, max_length=16, pattern=r"^[A-Za-z]{2,3}([-_][A-Za-z0-9]{2,8})*$")]
Currency = Annotated[str, Field(min_length=1, max_length=16, pattern=r"^[^\x00-\x1f\x7f]+$")]
ITEM_LANGUAGE = "Language of titles and categories, for items that have some in it; the others are in their own."
CURRENCY = "Currency of prices, as USD, for items that have one in it; the others' `currency` says which theirs is in."


class RequestBody(BaseModel):
    """A request: an unknown field is refused by name rather than passed over."""

    model_config = ConfigDict(extra="forbid", frozen=True)
