"""What all tables share: times in UTC, names of constraints, widths and words of columns."""

from datetime import UTC, datetime
from typing import Any

from sqlalchemy import JSON, BigInteger, DateTime, Dialect, Enum, Integer, LargeBinary, MetaData, text
from sqlalchemy.orm import DeclarativeBase
from sqlalchemy.types import TypeDecorator

ID_LENGTH = 128
MODEL_STATUSES = ("candidate", "promoted", "retired", "rejected")
CANARY_OUTCOMES = ("ended", "promoted", "rolled back", "guardrail", "unreadable")
COUNTED_ROLES = ("current", "canary", "shadow")
DRIFT_ACTIONS = ("refresh", "dismiss", "retrain", "hold")
DECISION_DOORS = ("policy", "airflow", "page", "command")
ANONYMOUS = text("user_id IS NULL")
WIDE = BigInteger().with_variant(Integer(), "sqlite")  # 64 bits on both: SQLite counts only INTEGER keys by itself


def one_of(name: str, *words: str) -> Enum:
    """The type of a column that holds one of these words; LookupError for another, which no reader could read."""
    return Enum(*words, name=name, native_enum=False, validate_strings=True)


class UtcDateTime(TypeDecorator[datetime]):
    """A point in time, in UTC; a naive datetime is refused, since nobody can know what it meant."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """A time as the database gets it, in UTC; ValueError where it has no zone."""
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError(f"time {value!r} has no zone; give it one, e.g. replace(tzinfo=UTC)")
        return value.astimezone(UTC)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """A time as the database gave it, in UTC: SQLite keeps no zone, PostgreSQL answers in its session's."""
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


class Base(DeclarativeBase):
    """The base of all tables: how constraints are named, and which column a Python type becomes."""

    metadata = MetaData(
        naming_convention={
            "ix": "ix_%(column_0_label)s",
            "uq": "uq_%(table_name)s_%(column_0_name)s",
            "fk": "fk_%(table_name)s_%(column_0_name)s_%(referred_table_name)s",
            "pk": "pk_%(table_name)s",
        }
    )
    type_annotation_map = {  # noqa: RUF012 (SQLAlchemy reads it so)
        datetime: UtcDateTime,
        dict[str, Any]: JSON,
        list[Any]: JSON,
        bytes: LargeBinary,
    }
