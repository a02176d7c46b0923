"""What a training run may be told, and what it refuses.

It knows limits and their reasons; an error names the field and what would be right.
"""

from datetime import UTC, datetime, timedelta
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

from recommender.models.retrieval_config import RetrievalConfig


class FitParams(BaseModel):
    """How the model is fitted. The defaults suit shops of thousands of shoppers on two cores."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    width: int = Field(64, ge=8, le=512, multiple_of=4, description="Length of a profile's vector.")
    text_width: int = Field(128, ge=8, le=1024, description="Length the text vectors are kept in.")
    sequence_length: int = Field(96, ge=4, le=1024, description="Most recent events the sequence model reads.")
    sequence_steps: int = Field(400, ge=0, le=100_000, description="Steps of fitting the sequence model, at most.")
    finetune_steps: int = Field(
        0, ge=0, le=100_000, description="Steps of fine-tuning the encoder on what was bought together; 0: none."
    )
    minutes: float = Field(
        12, gt=0, le=1_440, description="Minutes that examples and ranker may take, about, on one core: the one dial."
    )
    examples: Literal["auto", "windows", "sequences"] = Field(
        "auto", description="What the ranker learns from: windows of time, or each shopper's last events."
    )
    networks: int = Field(
        0, ge=0, le=32, description="Networks of the ranker, whose scores are averaged; 0: by the minutes."
    )
    ranker_epochs: int = Field(6, ge=1, le=100, description="Passes of the ranker over the examples.")
    left_out: tuple[str, ...] = Field((), description="Sources and columns to do without, by name.")
    retrieval: RetrievalConfig = Field(default_factory=RetrievalConfig, description="Quotas, half-lives and windows.")
    task_weight: float = Field(
        0.05, ge=0, le=10, description="Weight of the ranker's further tasks: category, price, deed, stars; 0: none."
    )
    test_shoppers: int = Field(1_200, ge=1, le=1_000_000, description="Shoppers the model is measured on, at most.")
    seed: int = Field(0, ge=0, lt=2**31, description="Of everything random.")


class TrainParams(FitParams):
    """One run of `retrain`: the interval it may look at, and how much of its end is held out."""

    until: datetime = Field(description="End of the data, with a zone; nothing at or after it is looked at.")
    days: int = Field(365, ge=2, le=3_660, description="Days of behaviour before `until`.")
    test_days: int = Field(14, ge=1, le=365, description="Days at the end that are held out to measure.")
    ranker_windows: int = Field(
        0,
        ge=0,
        le=52,
        description="Windows of test_days the ranker learns from, each begun half a window earlier; 0: by the minutes.",
    )
    warm_start: str = Field("", description="Version of a model to go on from; empty: from nothing.")
    warm_share: float = Field(0.03, gt=0, le=1, description="Of the steps, when going on from a model.")

    @field_validator("until")
    @classmethod
    def _in_utc(cls, value: datetime) -> datetime:
        if value.tzinfo is None:
            raise ValueError("needs a zone, e.g. 2017-12-31T00:00:00+00:00")
        return value.astimezone(UTC)

    @model_validator(mode="after")
    def _windows_fit(self) -> "TrainParams":
        if self.test_days * 2 >= self.days:
            raise ValueError(
                f"test_days: {self.test_days} held-out days and as many to fit the ranker on leave nothing of "
                f"{self.days} days to learn from; days must be more than twice test_days"
            )
        if self.learns_from <= self.start:
            raise ValueError(
                f"ranker_windows: the earliest of {self.ranker_windows} windows would begin on "
                f"{self.learns_from:%Y-%m-%d}, which leaves nothing before it to learn from; the data begin on "
                f"{self.start:%Y-%m-%d}: name fewer windows or more days"
            )
        return self

    @property
    def start(self) -> datetime:
        """The beginning of the data: nothing before it is looked at."""
        return self.until - timedelta(days=self.days)

    @property
    def test_from(self) -> datetime:
        """The end of what is learned from."""
        return self.until - timedelta(days=self.test_days)

    @property
    def label_moments(self) -> list[datetime]:
        """The moments the ranker's examples look back from, the latest first.

        What followed each for `test_days`, until `test_from` at most, is what they learn.
        """
        window = timedelta(days=self.test_days)
        return [self.test_from - window * (1 + number / 2) for number in range(max(self.ranker_windows, 1))]

    @property
    def learns_from(self) -> datetime:
        """The earliest of them: what teaches the ranker's sources lies before it."""
        return self.label_moments[-1]
