"""What is left of an erasure for its shopper: a receipt, by which they can ask how far it is without a key or an id.

And what is left of the shopper in models: none holds an id, but those that were trained before had learned from them.
"""

import re
import secrets
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from recommender.db.tables import Erasure, Event, Model

_FORM = re.compile(r"[0-9a-f]{32}")


@dataclass(frozen=True, slots=True)
class Receipt:
    """`removed` is how many rows, by store; `models` are versions that had learned from the shopper.

    `log_cleared`: nothing of the shopper is left in SQLite's write-ahead log either.
    """

    receipt: str
    requested_at: datetime
    done_at: datetime | None
    removed: dict[str, int]
    models: list[str]
    log_cleared: bool


def new_receipt() -> str:
    """128 random bits: who shows it was given it."""
    return secrets.token_hex(16)


def is_receipt(text: str) -> bool:
    """Whether it is written as a receipt is."""
    return _FORM.fullmatch(text) is not None


def receipt_of(row: Erasure) -> Receipt:
    """How far an erasure is; one of a release that gave no receipts is given its own here."""
    row.receipt = row.receipt or new_receipt()  # an erasure of a former release has none
    cleared = row.log_cleared_at is not None
    return Receipt(row.receipt, row.requested_at, row.done_at, dict(row.removed), list(row.models or ()), cleared)


def find_receipt(session: Session, receipt: str) -> Receipt | None:
    """How far the erasure of this receipt is; None where there is no such receipt."""
    row = session.scalars(select(Erasure).where(Erasure.receipt == receipt)).one_or_none()
    return receipt_of(row) if row is not None else None


def note_models(session: Session, row: Erasure, user_id: str) -> None:
    """Counts the shopper at each model that learned from them; to be done once, while their events are still there."""
    if row.models is not None:
        return
    first = session.scalar(select(func.min(Event.time)).where(Event.user_id == user_id))
    row.models = []
    if first is not None:
        learned = (Model.status != "rejected", Model.created_at >= first)
        row.models = list(session.scalars(select(Model.model_version).where(*learned).order_by(Model.created_at)))
        more = update(Model).where(Model.model_version.in_(row.models))
        session.execute(more.values(erased_shoppers=Model.erased_shoppers + 1))


def unlearned(session: Session) -> dict[str, int]:
    """Of each promoted model, how many shoppers it learned from who are erased by now; the next training ends that."""
    counted = select(Model.model_version, Model.erased_shoppers)
    rows = session.execute(counted.where(Model.status == "promoted", Model.erased_shoppers > 0))
    return {version: count for version, count in rows}
