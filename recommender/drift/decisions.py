"""What is decided on a drift run: one row, whichever door it came through, and never two.

A person decides in Airflow's form, on the service's page or by a command; the policy decides where no person is asked.
A run that a newer one replaced is decided no more. Who holds a run may decide otherwise later; all else is final.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Literal

from sqlalchemy import Engine, insert, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from recommender.db.engine import session_scope
from recommender.db.tables import ID_LENGTH, DriftDecision, DriftRun
from recommender.drift.runs import drifted_users, newest_run
from recommender.settings import Settings
from recommender.store.deliveries import DRIFT, FEATURES, announce

Action = Literal["refresh", "dismiss", "retrain", "hold"]
Door = Literal["policy", "airflow", "page", "command"]
LONGEST_NOTE = 2_000
MOST_SHOPPERS = 2**31 - 1  # that the column holds
MEANINGS: Mapping[str, str] = {
    "refresh": "the shoppers who drifted get new profiles",
    "dismiss": "nobody gets a new profile; the note says why",
    "retrain": "a new model is trained, which builds all profiles anew",
    "hold": "nothing happens; it can still be decided otherwise",
}


class DecisionError(ValueError):
    """A decision that can't be made; the message names the field and the remedy."""


class AlreadyDecided(DecisionError):
    """Somebody was faster; the message says who, when and what."""


class Replaced(DecisionError):
    """A newer run stands in this one's place; the message names it."""


@dataclass(frozen=True, slots=True)
class Choice:
    """What somebody wants. Of those who drifted only who moved `farther_than` that, and the farthest `at_most`."""

    action: Action
    decided_by: str
    door: Door
    note: str = ""
    farther_than: float | None = None
    at_most: int | None = None

    def __post_init__(self) -> None:
        if self.action not in MEANINGS:
            raise DecisionError(f"action: {self.action!r} is none of {', '.join(MEANINGS)}")
        if self.action == "dismiss" and not self.note.strip():
            raise DecisionError("note: say why the run is dismissed")
        if len(self.note) > LONGEST_NOTE:
            raise DecisionError(f"note: longer than {LONGEST_NOTE:,} characters; shorten it")
        if self.farther_than is not None and not 0 <= self.farther_than <= 2:
            raise DecisionError("farther_than: a cosine distance lies between 0 and 2")
        if self.at_most is not None and not 1 <= self.at_most <= MOST_SHOPPERS:
            raise DecisionError(f"at_most: give 1 to {MOST_SHOPPERS:,}, or leave it out")
        if self.action != "refresh" and (self.farther_than is not None or self.at_most is not None):
            raise DecisionError(f"action: some of the shoppers can only be refreshed; {self.action} concerns the run")


def decide(run_id: str, choice: Choice, announced: bool = True, engine: Engine | None = None) -> DriftDecision:
    """Keeps the decision and, where `announced`, tells the step of the loop that carries it out.

    Raises:
        DecisionError: there is no such run.
        Replaced: a newer run stands in its place.
        AlreadyDecided: the run is decided.
    """
    with session_scope(engine) as session:  # of its own: SQLite takes no write after a read that another outdated
        run, held = _open_run(session, run_id), session.get(DriftDecision, run_id)
    values = {
        "action": choice.action,
        "farther_than": choice.farther_than,
        "at_most": choice.at_most,
        "note": choice.note.strip(),
        "decided_by": choice.decided_by[:ID_LENGTH],
        "door": choice.door,
        "decided_at": datetime.now(UTC),
    }
    try:
        with session_scope(engine) as session:
            is_first = _write(session, run_id, values, held is not None)
            if is_first and announced:
                _announce(session, run, choice.action)
    except IntegrityError:  # another one was made meanwhile
        is_first = False
    if not is_first:
        with session_scope(engine) as session:
            raise AlreadyDecided(
                f"run: {run_id} is decided: {describe_decision(session.get_one(DriftDecision, run_id))}"
            )
    return DriftDecision(drift_run_id=run_id, **values)


def _open_run(session: Session, run_id: str) -> DriftRun:
    run, newest = session.get(DriftRun, run_id), newest_run(session)
    if run is None:
        raise DecisionError(f"run: there is no drift run {run_id}; `zhiyin drift list` names them")
    if newest is not None and newest.current_until > run.current_until:
        raise Replaced(f"run: {run_id} was replaced by {newest.drift_run_id}; decide on that one")
    return run


def _write(session: Session, run_id: str, values: Mapping[str, Any], held: bool) -> bool:
    """Says whether this one was first; IntegrityError where another one was made meanwhile."""
    if not held:
        session.execute(insert(DriftDecision).values(drift_run_id=run_id, **values))
        return True
    condition = (DriftDecision.drift_run_id == run_id) & (DriftDecision.action == "hold")
    changed = session.execute(
        update(DriftDecision).where(condition).values(**values).returning(DriftDecision.drift_run_id)
    )
    return changed.first() is not None


def _announce(session: Session, run: DriftRun, action: Action) -> None:
    if action == "refresh":
        end = datetime.fromisoformat(run.details["as_of"])
        announce(session, DRIFT, run.current_from, end, {"drift_run_id": run.drift_run_id})
    elif action == "retrain":
        announce(session, FEATURES, run.current_from, run.current_until, {"drift_run_id": run.drift_run_id})


def decision_on(run_id: str, engine: Engine | None = None) -> DriftDecision | None:
    """None while nobody has decided."""
    with session_scope(engine) as session:
        return session.get(DriftDecision, run_id)


def find_made(run_id: str, choice: Choice, engine: Engine | None = None) -> DriftDecision | None:
    """The decision that `choice` only repeats: the same one, made on the page or by the command; else None."""
    made = decision_on(run_id, engine)
    if made is None or made.door not in ("page", "command"):
        return None
    wanted = (choice.action, choice.farther_than, choice.at_most)
    return made if (made.action, made.farther_than, made.at_most) == wanted else None


def decisions_on(run_ids: list[str], engine: Engine | None = None) -> dict[str, DriftDecision]:
    """Those that are made, by run."""
    with session_scope(engine) as session:
        found = session.scalars(select(DriftDecision).where(DriftDecision.drift_run_id.in_(run_ids)))
        return {one.drift_run_id: one for one in found}


def take_back(run_id: str, by: str, engine: Engine | None = None) -> None:
    """Decides that a refresh is taken back, and tells the step of the loop that does so.

    Raises:
        DecisionError: there is no such run, or no refresh was decided on it.
        AlreadyDecided: it is taken back already; the message says by whom.
    """
    condition = (DriftDecision.drift_run_id == run_id) & (DriftDecision.action == "refresh")
    values = {"undone_by": by[:ID_LENGTH], "undone_at": datetime.now(UTC)}
    with session_scope(engine) as session:
        first = update(DriftDecision).where(condition, DriftDecision.undone_at.is_(None)).values(**values)
        if session.execute(first.returning(DriftDecision.drift_run_id)).first() is not None:
            run = session.get(DriftRun, run_id)
            if run is None:
                raise DecisionError(f"run: there is no drift run {run_id}; `zhiyin drift list` names them")
            _announce(session, run, "refresh")
            return
        made = session.get(DriftDecision, run_id)
    if made is None or made.action != "refresh":
        raise DecisionError(f"run: nobody was refreshed by {run_id}, so that nothing can be taken back")
    raise AlreadyDecided(f"run: {run_id} is decided: {describe_decision(made)}")


def waiting_users(run_id: str) -> list[str]:
    """Those who are to be refreshed by the decision and are not yet, the farthest first; nobody where none is made."""
    made = decision_on(run_id)
    if made is None or made.action != "refresh" or made.undone_at is not None:
        return []
    return drifted_users(run_id, waiting=True, farther_than=made.farther_than, at_most=made.at_most)


def describe_decision(made: DriftDecision) -> str:
    """Who decided what, when, through which door, and why."""
    some = [f"the {made.at_most} farthest"] if made.at_most is not None else []
    some += [f"who moved farther than {made.farther_than:g}"] if made.farther_than is not None else []
    what = f"{made.action} ({', '.join(some)})" if some else made.action
    why = f": {made.note}" if made.note else ""
    who = made.decided_by if made.door == "policy" else f"{made.decided_by} through the {made.door}"
    back = f"; taken back by {made.undone_by}, {made.undone_at:%Y-%m-%d %H:%M} UTC" if made.undone_at else ""
    return f"{what}, by {who}, {made.decided_at:%Y-%m-%d %H:%M} UTC{why}{back}"


def apply_policy(run: DriftRun, settings: Settings, policy: str | None = None) -> Choice | None:
    """What the policy decides on a run; None where a person is asked. `policy` stands for the setting.

    "ask-unusual" asks where more shoppers drifted than `drift_ask_above`, or where the feed looks broken: far fewer or
    more came than ever in an ordinary stretch, or purchases say no price, or another one than they used to.
    """
    requested = policy or settings.drift_policy
    broken = any(run.details.get(part, {}).get("drifted") for part in ("activity", "feed"))
    unusual = run.users_drifted > settings.drift_ask_above or broken
    if requested == "ask" or (requested == "ask-unusual" and unusual):
        return None
    most = settings.drift_refresh_at_most
    note = f"within the budget of {most:,} shoppers a run" if most is not None and run.users_drifted > most else ""
    return Choice("refresh", "the policy", "policy", note, at_most=most if note else None)
