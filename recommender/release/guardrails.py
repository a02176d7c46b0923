"""Whether a model's answers are so much worse than they may be that it is taken out, and that it was.

A share (of answers that failed, were degraded, or were slow) breaches its bound when what was counted is so unlikely
under the bound that the evidence against it reaches `1 / FALSE_ALARM`: a likelihood ratio averaged over all shares
above the bound. By Ville's inequality a model that keeps the bound is taken out wrongly with at most that probability,
however often it is looked at (Ramdas et al., "Game-theoretic statistics and safe anytime-valid inference", 2023).
What began late is found by the last minutes, which need more evidence since they begin anew again and again.

It knows counts and rows; the settings say the bounds.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from math import log, log1p, sqrt
from typing import Any

from scipy import special
from sqlalchemy.orm import Session

from recommender.db.tables import GuardrailDecision
from recommender.release.counts import Counts
from recommender.settings import Settings
from recommender.store.outgoing import GUARDRAIL, queue_message

BY = "guardrail"
END_CANARY, ROLL_BACK = "end_canary", "rollback"
ERRORS, DEGRADED, P99, CONVERSION = "errors", "degraded", "p99_seconds", "conversion"
LEAST_ANSWERS = 20  # before anything is said of a model
FALSE_ALARM, RECENT_FALSE_ALARM = 1e-3, 1e-7  # of a canary's whole time; of each minute that the last ones may begin at
RECENT = timedelta(minutes=10)
SLOW_SHARE = 0.01  # above a bound of the p99 lie at most so many
CERTAIN = 2.576  # standard deviations that 99 of 100 lie within


@dataclass(frozen=True, slots=True)
class Breach:
    """A figure that is beyond its bound."""

    figure: str
    value: float
    bound: float
    sizes: dict[str, Any]
    reason: str


def find_breach(
    settings: Settings, judged: Counts, reference: Counts, false_alarm: float = FALSE_ALARM
) -> Breach | None:
    """The first of a model's shares that its counts show to be above the bound.

    Where the `reference` model does no better at the same time (a database that is away, a busy machine), its share is
    the bound.
    """
    if judged.answers < LEAST_ANSWERS:
        return None
    p99, sizes = settings.guardrail_p99_seconds, {"answers": judged.answers, "beside": reference.answers}
    for figure, bad, its, bound in (
        (ERRORS, judged.errors, reference.errors, settings.guardrail_errors),
        (DEGRADED, judged.degraded, reference.degraded, settings.guardrail_degraded),
        (P99, judged.slow, reference.slow, SLOW_SHARE),
    ):
        allowed = max(bound, highest_share(its, reference.answers))
        if log_evidence(bad, judged.answers, allowed) < -log(false_alarm):
            continue
        share = bad / judged.answers
        counted = {**sizes, "bad": bad, "bad_beside": its, "share": share, "share_allowed": allowed}
        if figure == P99:
            why = f"{share:.1%} of {judged.answers} answers took more than {p99:g} s, and 1% may"
            return Breach(figure, judged.p99 or p99, p99, counted, why)
        return Breach(
            figure, share, bound, counted, f"{figure}: {share:.1%} of {judged.answers} answers, {bound:.1%} may"
        )
    return None


def log_evidence(bad: int, of: int, bound: float) -> float:
    """The logarithm of the evidence that more than `bound` of the answers are bad; 0 of none, or where all may be."""
    if not of or bound >= 1:
        return 0.0
    above = special.betaincc(bad + 1, of - bad + 1, bound)
    if above <= 0:
        return float("-inf")
    averaged = special.betaln(bad + 1, of - bad + 1) + log(above) - log1p(-bound)
    return float(averaged - bad * log(bound) - (of - bad) * log1p(-bound))


def highest_share(bad: int, of: int) -> float:
    """The upper end of the interval (Wilson) that holds the share in 99 of 100 cases; 0 of too few to say."""
    if of < LEAST_ANSWERS:
        return 0.0
    share, z = bad / of, CERTAIN**2 / of
    spread = CERTAIN * sqrt(share * (1 - share) / of + z / (4 * of))
    return float((share + z / 2 + spread) / (1 + z)) if bad else 0.0


def note_breach(session: Session, model_version: str, action: str, breach: Breach, now: datetime) -> None:
    """The decision as a row, and as a message to the shop's own system."""
    details = {"model_version": model_version, "action": action, "figure": breach.figure, "value": breach.value}
    details |= {"bound": breach.bound, "sizes": breach.sizes, "reason": breach.reason}
    session.add(GuardrailDecision(decided_at=now, **details))
    queue_message(session, GUARDRAIL, details, now)
