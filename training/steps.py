"""All steps from texts to profiles, in the order in which the DAG `retrain` takes them, for commands to run.

Each step is the function that the DAG's task calls; what they say is passed on as it comes.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from training.config import TrainParams
from training.encoders.embed_catalog import embed_catalogue
from training.fit.trainer import NotEnoughData
from training.offers import learn_offers
from training.pipeline import train
from training.profiles import refresh_profiles
from training.release import gate as release
from training.release.package import package
from training.release.too_little_data import NoEvents, note_on_rejection, outcome_of


@dataclass(frozen=True, slots=True)
class Outcome:
    """`model_version` is None where there was too little to learn from; `promoted`, whether it is in service now."""

    model_version: str | None
    promoted: bool


def retrain(params_of: Callable[[], TrainParams], tell: Callable[[str], None]) -> Outcome:
    """Embeds, trains, judges, packages, promotes and refreshes; `tell` gets a line a step.

    `params_of` is asked first, and may raise `NoEvents`. Raises `ValueError` for what can't be trained on.
    """
    try:
        params = params_of()
        tell(f"texts embedded: {format_counts(embed_catalogue())}")
        tell(
            f"training on {params.start:%Y-%m-%d} to {params.until:%Y-%m-%d}, {params.minutes:g} minutes for the ranker"
        )
        version = train(params)
    except (NoEvents, NotEnoughData) as lack:
        outcome = outcome_of(lack)
        if isinstance(lack, NoEvents):
            tell(f"texts embedded: {format_counts(embed_catalogue())}")
        tell(outcome)
        return Outcome(None, False)
    tell(f"trained: {version}")
    return Outcome(version, _release(version, params.until, tell))


def _release(version: str, until: datetime, tell: Callable[[str], None]) -> bool:
    """From the gate to the profiles; False where the gate rejects the model."""
    verdict = release.gate(version)
    tell(f"gate: {'passed' if verdict['passed'] else 'rejected'}: {verdict['reason']}")
    if not verdict["passed"]:
        tell(note_on_rejection())
        return False
    tell(f"packaged: {package(version)}")
    tell(f"promoted: {format_counts(release.promote(version))}")
    tell(f"profiles refreshed: {format_counts(refresh_profiles(until, None, 'retrain'))}")
    tell(f"offers: {format_counts(learn_offers())}")
    return True


def format_counts(counts: Any) -> str:
    """Counts by name, as one line."""
    return ", ".join(f"{name} {value}" for name, value in counts.items())
