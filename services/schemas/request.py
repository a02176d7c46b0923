"""What all requests are: their base, and names as they take them. It knows no endpoint."""

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from recommender.db.tables import ID_LENGTH

# an id as shops write them: anything but control characters
Id = Annotated[str, Field(min_length=1, max_length=ID_LENGTH, pattern=r"^[^\x00-\x1f\x7f]+$")]
Name = Annotated[str, Field(min_length=1, max_length=256, pattern=r"^[^\x00]+$")]
Language = Literal["en", "zh"]


class RequestBody(BaseModel):
    """A request: an unknown field is refused by name rather than passed over."""

    model_config = ConfigDict(extra="forbid", frozen=True)
