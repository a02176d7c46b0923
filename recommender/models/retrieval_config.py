"""What decides how many candidates each source brings and how far back behaviour counts: one typed configuration.

A model keeps the configuration that it was trained with in its manifest; serving reads it from there.
"""

from pydantic import BaseModel, ConfigDict, Field

SELDOM_HALF_LIFE_DAYS = 36_500.0  # of transitions where products don't repeat: what follows what stays true
OTHER_QUOTAS = {"new": 20, "image": 20, "trusted": 30, "demographic": 15, "search": 20}
OFTEN_QUOTAS = {  # where products repeat
    "repeat": 280, "sequence": 30, "transitions": 120, "together": 160, "alike": 240, "text": 30, "ease": 100,
    "ease_ever": 160, "popular": 100,
}  # fmt: skip
SELDOM_QUOTAS = {
    "repeat": 280, "sequence": 100, "transitions": 300, "together": 200, "companions": 200, "onward": 150,
    "step_then_text": 100, "text_then_step": 200, "words": 150, "alike": 100, "text": 60, "popular": 60,
}  # fmt: skip


class RetrievalConfig(BaseModel):
    """Defaults suit shops of ten thousand items; every figure is a count, a share or a number of days."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    quotas: dict[str, int] = Field(
        default_factory=dict, description="Candidates that each source brings, at most, by its name."
    )
    candidates: int = Field(400, ge=10, description="Candidates that are ranked, at most, where a mixture is learned.")
    leading_items: int = Field(120, ge=1, description="The shopper's items that links start from, at most.")
    ease_items: int = Field(6_000, ge=10, description="Best-selling items that EASE is solved for, at most.")
    neighbours: int = Field(64, ge=1, description="Links kept of each item and graph.")
    half_life_days: float = Field(
        120.0, gt=0, description="After so many days a transition or a shared visit counts half."
    )
    near_decay: float = Field(0.5, gt=0, lt=1, description="What is left of an event one visit further back, lately.")
    far_decay: float = Field(0.85, gt=0, lt=1, description="The same over a longer time.")
    popularity_days: tuple[int, ...] = Field((7, 30, 120, 400), description="Windows of days of what sells.")

    def quota(self, source: str, default: int) -> int:
        """The quota of a source; `default` where the configuration doesn't name it."""
        return self.quotas.get(source, default)

    def settled(self, repeats: bool) -> "RetrievalConfig":
        """With the quotas and the half-life of such a shop, where they aren't named."""
        usual = OFTEN_QUOTAS if repeats else SELDOM_QUOTAS
        half_life = self.half_life_days
        if "half_life_days" not in self.model_fields_set and not repeats:
            half_life = SELDOM_HALF_LIFE_DAYS
        return self.model_copy(update={"quotas": OTHER_QUOTAS | usual | self.quotas, "half_life_days": half_life})

    def __hash__(self) -> int:
        return hash(self.model_dump_json())
