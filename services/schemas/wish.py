"""A wish as it is sent, as it was understood, and as it is corrected; what is kept of one for good.

What an answer understood can be sent back as it is, or with constraints left out, changed or added.
"""

from typing import Annotated, Any, Literal

from pydantic import BaseModel, Field

from services.schemas.request import Id, Name, RequestBody

MAX_WISH = 300
MAX_CONSTRAINTS = 30
Wish = Annotated[str, Field(min_length=1, max_length=MAX_WISH, pattern=r"^[^\x00-\x08\x0b\x0c\x0e-\x1f\x7f]+$")]
WishScope = Literal["request", "session", "profile"]
Bound = Annotated[float, Field(ge=0, le=1e9, allow_inf_nan=False)]


class WishConstraint(RequestBody):
    """What an item must be, or must not be."""

    kind: Literal["category", "brand", "attribute", "word", "price"]
    values: list[Name] = Field(
        [], max_length=50, description="Any of these; of a word, phrases that the item's text holds."
    )
    wanted: bool = Field(True, description="False: the item must be none of it.")
    name: str = Field("", max_length=256, description="Of the attribute.")
    low: Bound | None = Field(None, description="Least price.")
    high: Bound | None = Field(None, description="Most.")
    relation: Literal["", "cheaper", "dearer"] = Field(
        "", description="Of the price to what the shopper usually pays in the item's category, or the shop takes there."
    )
    said: str = Field("", max_length=MAX_WISH, description="The words of the wish that say so.")
    read_by: Literal["words", "meaning", "llm", "caller"] = Field("caller", description="Who read these words so.")


class UnderstoodWish(RequestBody):
    """A wish as it is taken; the answer's, or sent in place of words."""

    constraints: list[WishConstraint] = Field([], max_length=MAX_CONSTRAINTS)
    about: str = Field(
        "", max_length=2 * MAX_WISH, description="What the encoder reads of it: occasions, people, tastes."
    )
    not_understood: list[str] = Field([], max_length=100, description="Words that nobody understood.")
    dropped: int = Field(0, ge=0, description="Constraints of the text LLM that name nothing in the catalogue.")
    loosened: list[str] = Field(
        [],
        max_length=MAX_CONSTRAINTS,
        description="Said constraints that were given up because too few items satisfy all; those that do come first.",
    )
    matching: int | None = Field(None, ge=0, description="How many items satisfy all of it; null: nothing to satisfy.")


class StatedPreference(BaseModel):
    """Something that the shopper wants, or doesn't."""

    kind: str = Field(description="category, brand, attribute (`key` is name=value), word or price (cheaper, dearer).")
    key: str
    wanted: bool = Field(description="False of a category or brand: it is muted.")


class WishKept(BaseModel):
    """What became of a wish that holds for good."""

    change_id: int | None = Field(description="For /profile/undo; null: it changed nothing.")
    kept: list[StatedPreference] = Field(description="What is said now that was not before.")
    not_kept: list[str] = Field(description="What holds for a request only: prices in figures, occasions.")


class WishRequest(RequestBody):
    """What a shopper wishes for good, in words or as it was understood before."""

    user_id: Id
    wish: Wish | None = None
    understood: UnderstoodWish | None = Field(None, description="In place of `wish`.")


class WishResponse(WishKept):
    """What was understood and kept."""

    user_id: str
    understood: UnderstoodWish
    profile_version: int | None = Field(description="Of the profile that says so; null where none is kept.")
    degraded: list[str]


class UndoRequest(RequestBody):
    """A change to take back."""

    user_id: Id
    change_id: int | None = Field(None, ge=1, le=2**53, description="The latest that is not undone, when left out.")


class UndoResponse(BaseModel):
    """What was taken back; what was changed again since stays as it is."""

    user_id: str
    change_id: int
    undone: list[dict[str, Any]] = Field(description="kind, key, and what is said of it before and after the undo.")
    profile_version: int | None
    degraded: list[str]
