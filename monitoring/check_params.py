"""What a drift check is told: two intervals, thresholds, bounds. It knows dates and limits, nothing of data."""

import hashlib
from datetime import UTC, datetime, timedelta
from typing import Annotated, Any

from pydantic import AwareDatetime, BaseModel, Field, ValidationError, model_validator

WEEK = timedelta(weeks=1)
LEAST_STRETCHES = 2  # of the reference: one alone can't say how far ordinary stretches differ
Share = Annotated[float, Field(gt=0, le=1)]


class DriftError(ValueError):
    """A check that can't be made; the message names the field and the remedy."""


class DriftParams(BaseModel, frozen=True, extra="forbid"):
    """The current interval against a reference before it.

    Of the reference those stretches count that are as long as the current one and end whole weeks before it: how those
    differ is what is ordinary.
    """

    current_from: AwareDatetime
    current_until: AwareDatetime
    reference_from: AwareDatetime
    reference_until: AwareDatetime
    column_share: Share = Field(0.5, description="The behaviour drifted when this share of its columns has.")
    component_share: Share = Field(0.2, description="The profiles drifted when this share of their components has.")
    false_alarm: float = Field(0.01, gt=0, le=0.5, description="Share of shoppers an ordinary stretch calls drifted.")
    most_shoppers: int = Field(2_000, ge=50, le=100_000, description="Shoppers sampled for the report.")
    ordinary_shoppers: int = Field(
        4_000, ge=20, le=100_000, description="Ordinary stretches of shoppers that are measured."
    )
    history_days: int = Field(365, ge=30, le=3650, description="How far back a shopper's behaviour is read.")
    seed: int = Field(0, ge=0, description="Of the sampling.")

    @model_validator(mode="after")
    def _in_order(self) -> "DriftParams":
        if self.current_from >= self.current_until:
            raise ValueError("current_until: must lie after current_from")
        if self.reference_until > self.current_from:
            raise ValueError("reference_until: must not lie after current_from, or the two would overlap")
        length = self.current_until - self.current_from
        if self.reference_until - self.reference_from < 2 * length:
            raise ValueError("reference_from: the reference must be at least twice as long as the current interval")
        if len(self.ends(self.current_until)) < LEAST_STRETCHES:
            latest = self.current_from - self.least_reference()
            raise ValueError(
                f"reference_from: the reference must hold {LEAST_STRETCHES} stretches as long as the current one that "
                f"end on the same weekday; choose {latest:%Y-%m-%d} or earlier"
            )
        return self

    @classmethod
    def of(cls, **values: Any) -> "DriftParams":
        """The parameters, or a `DriftError` that names the field."""
        try:
            return cls(**values)
        except ValidationError as error:
            first = error.errors()[0]
            field = ".".join(str(part) for part in first["loc"])
            message = first["msg"].removeprefix("Value error, ")
            raise DriftError(f"{field}: {message}" if field else message) from error

    def ends(self, end: datetime) -> list[datetime]:
        """The moments whole weeks before `end`, newest first, at which a stretch of the reference ends."""
        length, found, moment = end - self.current_from, [], end - WEEK
        while moment - length >= self.reference_from:
            if moment <= self.reference_until:
                found.append(moment)
            moment -= WEEK
        return found

    def least_reference(self) -> timedelta:
        """How long a reference that ends where the current interval begins must be."""
        return least_reference(self.current_until - self.current_from)

    def run_id(self, model_version: str) -> str:
        """The same for the same question about the same model, whenever it is asked."""
        digest = hashlib.sha256(f"{self.model_dump_json()} {model_version}".encode()).hexdigest()[:8]
        first, last = self.current_from.astimezone(UTC), self.current_until.astimezone(UTC) - timedelta(microseconds=1)
        return f"drift-{first:%Y%m%d}-{last:%Y%m%d}-{digest}"


def weeks_back(length: timedelta) -> int:
    """How many weeks before the end of a current interval of this length the last stretch that is needed ends."""
    return -(-length // WEEK) + LEAST_STRETCHES - 1


def least_reference(length: timedelta) -> timedelta:
    """How long the reference before a current interval of this length must be."""
    return max(2 * length, WEEK * weeks_back(length))
