"""Trained models, drift of the shoppers they serve, and vectors that encoders gave."""

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from recommender.db.tables.base import DECISION_DOORS, DRIFT_ACTIONS, ID_LENGTH, MODEL_STATUSES, Base, one_of


class Model(Base):
    """A trained model, what it scored, and what the gate decided."""

    __tablename__ = "models"
    model_version: Mapped[str] = mapped_column(String(ID_LENGTH), primary_key=True)
    status: Mapped[str] = mapped_column(one_of("model_status", *MODEL_STATUSES))
    reason: Mapped[str] = mapped_column(Text, default="")
    path: Mapped[str] = mapped_column(Text)
    bento_tag: Mapped[str | None] = mapped_column(String(256))
    manifest: Mapped[dict[str, Any]]
    created_at: Mapped[datetime]
    promoted_at: Mapped[datetime | None]
    erased_shoppers: Mapped[int] = mapped_column(default=0, server_default="0")  # whom it had learned from


class DriftRun(Base):
    """One comparison of the shoppers' week with a reference, its verdict and what followed."""

    __tablename__ = "drift_runs"
    drift_run_id: Mapped[str] = mapped_column(String(ID_LENGTH), primary_key=True)
    current_from: Mapped[datetime]
    current_until: Mapped[datetime]
    reference_from: Mapped[datetime]
    reference_until: Mapped[datetime]
    drifted: Mapped[bool]
    share: Mapped[float]  # of the columns that drifted
    details: Mapped[dict[str, Any]]
    report_path: Mapped[str] = mapped_column(Text)
    users_drifted: Mapped[int] = mapped_column(default=0)
    users_refreshed: Mapped[int] = mapped_column(default=0)
    created_at: Mapped[datetime]


class DriftDecision(Base):
    """What a person, or the policy, decided on a drift run; it stays when the run's rows are replaced."""

    __tablename__ = "drift_decisions"
    drift_run_id: Mapped[str] = mapped_column(String(ID_LENGTH), primary_key=True)
    action: Mapped[str] = mapped_column(one_of("drift_action", *DRIFT_ACTIONS))
    farther_than: Mapped[float | None]  # of the shoppers those who moved farther, where not all are meant
    at_most: Mapped[int | None]  # of them the farthest
    note: Mapped[str] = mapped_column(Text)
    decided_by: Mapped[str] = mapped_column(String(ID_LENGTH))
    door: Mapped[str] = mapped_column(one_of("decision_door", *DECISION_DOORS))
    decided_at: Mapped[datetime]
    undone_by: Mapped[str | None] = mapped_column(String(ID_LENGTH))  # who took a refresh back, and when
    undone_at: Mapped[datetime | None]


class DriftedUser(Base):
    """A shopper who drifted in a run, how far, and when the profile was refreshed for it."""

    __tablename__ = "drifted_users"
    drift_run_id: Mapped[str] = mapped_column(ForeignKey("drift_runs.drift_run_id"), primary_key=True)
    user_id: Mapped[str] = mapped_column(String(ID_LENGTH), primary_key=True)
    distance: Mapped[float]
    events: Mapped[int] = mapped_column(default=0, server_default="0")  # since the profile that was served
    was: Mapped[str] = mapped_column(Text, default="", server_default="")  # what that profile says, in a sentence
    now: Mapped[str] = mapped_column(Text, default="", server_default="")  # and what one of this behaviour says
    refreshed_at: Mapped[datetime | None]


class Embedding(Base):
    """An encoder's vector of a text or a photo, kept by its content: the same one never costs a second model call."""

    __tablename__ = "embeddings"
    encoder_id: Mapped[str] = mapped_column(String(ID_LENGTH), primary_key=True)
    content_hash: Mapped[str] = mapped_column(String(64), primary_key=True)
    vector: Mapped[bytes]  # float32, little endian
