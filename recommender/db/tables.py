"""The application's tables: what the shop sells, who its shoppers are, what they did, and what the platform decided.

The only place where tables are declared. It knows columns and keys; queries live in `queries`, migrations in
`migrations`. All times are UTC; on SQLite, which keeps no zone, `UtcDateTime` puts it back on reading.
"""

from datetime import UTC, datetime
from typing import Any

from sqlalchemy import (
    JSON,
    BigInteger,
    DateTime,
    Dialect,
    Enum,
    ForeignKey,
    Index,
    LargeBinary,
    MetaData,
    String,
    Text,
    false,
    text,
    true,
)
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column
from sqlalchemy.types import TypeDecorator

ID_LENGTH = 128
EVENT_TYPES = ("view", "cart", "purchase", "rating", "review", "search", "favorite")
RETURN, REMOVAL = "return", "removal"  # take back a purchase and what was in the cart: readers of histories know the
STORED_TYPES = (*EVENT_TYPES, RETURN, REMOVAL)  # types above alone, see `returns`
RULE_ACTIONS = ("pin", "boost", "bury", "exclude")
RULE_TARGETS = ("item", "category", "brand")
MODEL_STATUSES = ("candidate", "promoted", "retired", "rejected")
KEY_SCOPES = ("shopper", "server", "operator")


class UtcDateTime(TypeDecorator[datetime]):
    """A point in time, in UTC; a naive datetime is refused, since nobody can know what it meant."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError(f"time {value!r} has no zone; give it one, e.g. replace(tzinfo=UTC)")
        return value.astimezone(UTC)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


class Base(DeclarativeBase):
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


class User(Base):
    __tablename__ = "users"
    user_id: Mapped[str] = mapped_column(String(ID_LENGTH), primary_key=True)
    attributes: Mapped[dict[str, Any]] = mapped_column(default=dict)
    consent: Mapped[bool] = mapped_column(default=True)
    created_at: Mapped[datetime | None]


class Item(Base):
    """Something the shop can show.

    `stub` marks one known only from events, until the catalogue describes it, `retired` one that the whole catalogue no
    longer names, and `availability` is what the shop says of it: in_stock, out_of_stock, preorder or backorder.
    """

    __tablename__ = "items"
    item_id: Mapped[str] = mapped_column(String(ID_LENGTH), primary_key=True)
    kind: Mapped[str] = mapped_column(String(32), default="product")
    title: Mapped[str] = mapped_column(Text)
    description: Mapped[str] = mapped_column(Text, default="")
    brand: Mapped[str] = mapped_column(String(256), default="")
    categories: Mapped[list[Any]] = mapped_column(default=list)  # the path, widest first
    price: Mapped[float | None]
    image: Mapped[str] = mapped_column(Text, default="")
    language: Mapped[str] = mapped_column(String(16), default="en")
    attributes: Mapped[dict[str, Any]] = mapped_column(default=dict)
    available_from: Mapped[datetime | None]
    available_until: Mapped[datetime | None]
    availability: Mapped[str | None] = mapped_column(String(16))  # None: nobody said
    hidden: Mapped[bool] = mapped_column(default=False)
    retired: Mapped[bool] = mapped_column(default=False, server_default=false())
    stub: Mapped[bool] = mapped_column(default=False)
    content_hash: Mapped[str] = mapped_column(String(64), index=True)  # of the text the encoder reads
    updated_at: Mapped[datetime] = mapped_column(index=True)


OPINIONS = text("event_type IN ('rating', 'review')")
SIGNED_IN, ANONYMOUS = text("user_id IS NOT NULL"), text("user_id IS NULL")


class Event(Base):
    """One thing a shopper did. `id` grows with arrival, so it marks how far a reader has come.

    `event_id` is unique among the events of one shopper, or of one visit as long as nobody has signed in. An event
    that is not `confirmed` is what a shopper's own token says, not the shop.
    """

    __tablename__ = "events"
    __table_args__ = (
        Index("ix_events_user_id_time", "user_id", "time"),
        Index("ix_events_time", "time"),
        # whose event it is: two shoppers, or two visits, may use one id for events of their own
        Index(
            "uq_events_event_id_user_id",
            "event_id",
            "user_id",
            unique=True,
            sqlite_where=SIGNED_IN,
            postgresql_where=SIGNED_IN,
        ),
        Index(
            "uq_events_event_id_session_id",
            "event_id",
            "session_id",
            unique=True,
            sqlite_where=ANONYMOUS,
            postgresql_where=ANONYMOUS,
        ),
        Index("ix_events_session_id", "session_id", sqlite_where=ANONYMOUS, postgresql_where=ANONYMOUS),
        Index("ix_events_ratings", "event_type", "value", sqlite_where=OPINIONS, postgresql_where=OPINIONS),
        Index(  # what only shoppers' tokens say
            "ix_events_claims",
            "user_id",
            sqlite_where=text("confirmed IS 0"),
            postgresql_where=text("confirmed IS false"),
        ),
    )
    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=True)
    event_id: Mapped[str] = mapped_column(String(ID_LENGTH))
    user_id: Mapped[str | None] = mapped_column(String(ID_LENGTH))  # None: an anonymous session
    session_id: Mapped[str | None] = mapped_column(String(ID_LENGTH))
    item_id: Mapped[str | None] = mapped_column(String(ID_LENGTH))  # None: a search
    event_type: Mapped[str] = mapped_column(Enum(*STORED_TYPES, name="event_type", native_enum=False))
    value: Mapped[float | None]  # money spent (purchase), on the shop's scale (rating, review), else free
    quantity: Mapped[float | None]
    text: Mapped[str | None] = mapped_column(Text)  # of a review or a search
    recommendation_id: Mapped[str | None] = mapped_column(String(ID_LENGTH))
    time: Mapped[datetime]
    confirmed: Mapped[bool] = mapped_column(default=True, server_default=true())


class Visit(Base):
    """From `since` on the visit is the shopper's, who signed in in it; see `visits`.

    Of an erased shopper's claim only the digest of the visit's id is left.
    """

    __tablename__ = "visits"
    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=True)
    session_id: Mapped[str] = mapped_column(String(ID_LENGTH), index=True)
    user_id: Mapped[str | None] = mapped_column(String(ID_LENGTH), index=True)
    since: Mapped[datetime] = mapped_column(index=True)


class RatingScale(Base):
    """The worst and the best rating that shoppers give, in the one row there is; none: 1 and 5 stars."""

    __tablename__ = "rating_scale"
    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=True)
    low: Mapped[float]
    high: Mapped[float]


class KeptAccount(Base):
    """An account that counts although it does more than people do: somebody has looked at it and brought it back."""

    __tablename__ = "kept_accounts"
    user_id: Mapped[str] = mapped_column(String(ID_LENGTH), primary_key=True)
    kept_at: Mapped[datetime]


class UserLink(Base):
    """`source` trusts or follows `target`."""

    __tablename__ = "user_links"
    source_user_id: Mapped[str] = mapped_column(String(ID_LENGTH), primary_key=True)
    target_user_id: Mapped[str] = mapped_column(String(ID_LENGTH), primary_key=True)
    kind: Mapped[str] = mapped_column(String(16), primary_key=True, default="trust")
    weight: Mapped[float] = mapped_column(default=1.0)


class Campaign(Base):
    __tablename__ = "campaigns"
    campaign_id: Mapped[str] = mapped_column(String(ID_LENGTH), primary_key=True)
    kind: Mapped[str] = mapped_column(String(64), default="")
    starts_at: Mapped[datetime | None]
    ends_at: Mapped[datetime | None]


class CampaignMember(Base):
    """A shopper whom a campaign addressed."""

    __tablename__ = "campaign_members"
    campaign_id: Mapped[str] = mapped_column(ForeignKey("campaigns.campaign_id"), primary_key=True)
    user_id: Mapped[str] = mapped_column(ForeignKey("users.user_id"), primary_key=True)


class Coupon(Base):
    """A coupon of a campaign, for one item it may be used on."""

    __tablename__ = "coupons"
    coupon_id: Mapped[str] = mapped_column(String(ID_LENGTH), primary_key=True)
    campaign_id: Mapped[str] = mapped_column(ForeignKey("campaigns.campaign_id"), primary_key=True)
    item_id: Mapped[str] = mapped_column(ForeignKey("items.item_id"), primary_key=True)


class Redemption(Base):
    __tablename__ = "redemptions"
    redemption_id: Mapped[str] = mapped_column(String(ID_LENGTH), primary_key=True)
    user_id: Mapped[str] = mapped_column(ForeignKey("users.user_id"), index=True)
    coupon_id: Mapped[str] = mapped_column(String(ID_LENGTH))
    campaign_id: Mapped[str] = mapped_column(ForeignKey("campaigns.campaign_id"))
    time: Mapped[datetime]


class ProfileVersion(Base):
    """A profile as it was built at `as_of`, by which model and why; the newest version is the one in use."""

    __tablename__ = "profiles"
    user_id: Mapped[str] = mapped_column(String(ID_LENGTH), primary_key=True)
    version: Mapped[int] = mapped_column(primary_key=True)
    model_version: Mapped[str] = mapped_column(String(ID_LENGTH))
    as_of: Mapped[datetime]
    vector: Mapped[bytes]  # float32, little endian
    affinities: Mapped[list[Any]]
    summary: Mapped[str] = mapped_column(Text, default="")
    reason: Mapped[str] = mapped_column(String(64))  # retrain, event, drift:<run>
    created_at: Mapped[datetime]


class Recommendation(Base):
    """One answer as it was shown; events carry its id back."""

    __tablename__ = "recommendations"
    __table_args__ = (
        Index("ix_recommendations_session_id", "session_id", sqlite_where=ANONYMOUS, postgresql_where=ANONYMOUS),
    )
    recommendation_id: Mapped[str] = mapped_column(String(ID_LENGTH), primary_key=True)
    user_id: Mapped[str | None] = mapped_column(String(ID_LENGTH), index=True)
    session_id: Mapped[str | None] = mapped_column(String(ID_LENGTH))
    scenario: Mapped[str] = mapped_column(String(32))
    model_version: Mapped[str] = mapped_column(String(ID_LENGTH))
    profile_version: Mapped[int | None]
    items: Mapped[list[Any]]  # [{item_id, score}], in the order shown
    evidence_id: Mapped[str | None] = mapped_column(String(32))  # why, in `impression_evidence`
    time: Mapped[datetime] = mapped_column(index=True)


class ImpressionEvidence(Base):
    """Why the items of an answer were shown, in the very words; answers made of one ranked list share a row.

    Nobody's where the answers said nothing of whoever got them.
    """

    __tablename__ = "impression_evidence"
    __table_args__ = (Index("ix_impression_evidence_time_size", "time", "size"),)
    evidence_id: Mapped[str] = mapped_column(String(32), primary_key=True)
    user_id: Mapped[str | None] = mapped_column(String(ID_LENGTH), index=True)
    session_id: Mapped[str | None] = mapped_column(String(ID_LENGTH), index=True)  # of a visit without a shopper
    language: Mapped[str] = mapped_column(String(16))  # of the reasons
    items: Mapped[list[Any]]  # [{item_id, score, reason, explained_by, evidence, rules}]
    size: Mapped[int]  # bytes of `items`
    time: Mapped[datetime]


class Explanation(Base):
    """A sentence on why an item was shown, as it was written and checked; `evidence` tells what it was made from."""

    __tablename__ = "explanations"
    user_id: Mapped[str] = mapped_column(String(ID_LENGTH), primary_key=True)
    profile_version: Mapped[int] = mapped_column(primary_key=True)
    item_id: Mapped[str] = mapped_column(String(ID_LENGTH), primary_key=True)
    language: Mapped[str] = mapped_column(String(16), primary_key=True)
    evidence: Mapped[str] = mapped_column(String(32))
    sentence: Mapped[str] = mapped_column(Text)
    explained_by: Mapped[str] = mapped_column(String(16))  # llm | template
    created_at: Mapped[datetime] = mapped_column(index=True)


class FaqEntry(Base):
    """A question that the shop answers, and its answer, word for word."""

    __tablename__ = "faq"
    faq_id: Mapped[str] = mapped_column(String(64), primary_key=True)  # of question and language
    question: Mapped[str] = mapped_column(Text)
    answer: Mapped[str] = mapped_column(Text)
    language: Mapped[str] = mapped_column(String(16))
    updated_at: Mapped[datetime] = mapped_column(index=True)


class Model(Base):
    """A trained model, what it scored, and what the gate decided."""

    __tablename__ = "models"
    model_version: Mapped[str] = mapped_column(String(ID_LENGTH), primary_key=True)
    status: Mapped[str] = mapped_column(Enum(*MODEL_STATUSES, name="model_status", native_enum=False))
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


class DriftedUser(Base):
    """A shopper who drifted in a run, how far, and when the profile was refreshed for it."""

    __tablename__ = "drifted_users"
    drift_run_id: Mapped[str] = mapped_column(ForeignKey("drift_runs.drift_run_id"), primary_key=True)
    user_id: Mapped[str] = mapped_column(String(ID_LENGTH), primary_key=True)
    distance: Mapped[float]
    refreshed_at: Mapped[datetime | None]


class Embedding(Base):
    """An encoder's vector of a text or a photo, kept by its content: the same one never costs a second model call."""

    __tablename__ = "embeddings"
    encoder_id: Mapped[str] = mapped_column(String(ID_LENGTH), primary_key=True)
    content_hash: Mapped[str] = mapped_column(String(64), primary_key=True)
    vector: Mapped[bytes]  # float32, little endian


class ItemImage(Base):
    """An item's photo as it was last read: an unchanged file isn't read again."""

    __tablename__ = "item_images"
    item_id: Mapped[str] = mapped_column(String(ID_LENGTH), primary_key=True)
    name: Mapped[str] = mapped_column(Text)  # as the item names it
    size: Mapped[int] = mapped_column(BigInteger)
    modified: Mapped[int] = mapped_column(BigInteger)  # nanoseconds since 1970
    content_hash: Mapped[str] = mapped_column(String(64))  # of the bytes; see `embeddings`


class Rule(Base):
    """What the shop wants of its answers: an item, or all of a category or brand, pinned, boosted, buried or left out.

    A rule is never changed: another one takes its place, so that what once applied can be told.
    """

    __tablename__ = "rules"
    rule_id: Mapped[str] = mapped_column(String(ID_LENGTH), primary_key=True)
    action: Mapped[str] = mapped_column(Enum(*RULE_ACTIONS, name="rule_action", native_enum=False))
    target: Mapped[str] = mapped_column(Enum(*RULE_TARGETS, name="rule_target", native_enum=False))
    name: Mapped[str] = mapped_column(String(256))  # the item's id, the category's or the brand's name
    strength: Mapped[float]  # of boost and bury: how many times the odds of the item
    position: Mapped[int | None]  # of pin: from 1
    starts_at: Mapped[datetime | None]
    ends_at: Mapped[datetime | None]
    removed: Mapped[bool] = mapped_column(default=False)


class RuleChange(Base):
    """Who added or removed a rule, when and why."""

    __tablename__ = "rule_changes"
    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=True)
    rule_id: Mapped[str] = mapped_column(ForeignKey("rules.rule_id"))
    change: Mapped[str] = mapped_column(Enum("added", "removed", name="rule_change", native_enum=False))
    changed_by: Mapped[str] = mapped_column(String(ID_LENGTH))
    reason: Mapped[str] = mapped_column(Text)
    time: Mapped[datetime]


class ImportRun(Base):
    """How far the import of one source file has come, so that a killed import goes on where it stopped."""

    __tablename__ = "import_runs"
    source: Mapped[str] = mapped_column(String(512), primary_key=True)
    fingerprint: Mapped[str] = mapped_column(String(128), primary_key=True)
    rows_done: Mapped[int] = mapped_column(default=0)
    rows_added: Mapped[int] = mapped_column(default=0)
    rows_rejected: Mapped[int] = mapped_column(default=0)
    finished: Mapped[bool] = mapped_column(default=False)
    updated_at: Mapped[datetime]


class Announcement(Base):
    """What a step of the loop made known: the interval that is new. `id` grows in the order of announcing."""

    __tablename__ = "announcements"
    __table_args__ = (Index("ix_announcements_subject_id", "subject", "id"),)
    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=True)
    subject: Mapped[str] = mapped_column(String(16))  # events, features, model, drift
    start: Mapped[datetime]
    end: Mapped[datetime]
    details: Mapped[dict[str, Any]]
    announced_at: Mapped[datetime]


class Delivery(Base):
    """How far a step of the loop has come in what was announced to it: taken by a run, and done."""

    __tablename__ = "deliveries"
    step: Mapped[str] = mapped_column(String(32), primary_key=True)
    taken_id: Mapped[int] = mapped_column(default=0)
    done_id: Mapped[int] = mapped_column(default=0)


class Reject(Base):
    """A row that was not taken, where it stood and why."""

    __tablename__ = "rejects"
    __table_args__ = (Index("uq_rejects_place", "file", "line", "field", unique=True),)
    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=True)
    file: Mapped[str] = mapped_column(String(512))
    line: Mapped[int]
    field: Mapped[str] = mapped_column(String(64))
    reason: Mapped[str] = mapped_column(Text)
    raw: Mapped[str] = mapped_column(Text)
    created_at: Mapped[datetime]


class OfferModelVersion(Base):
    """A learned offers' model; the manifest holds its weights. The promoted one is in service."""

    __tablename__ = "offer_models"
    model_version: Mapped[str] = mapped_column(String(ID_LENGTH), primary_key=True)
    status: Mapped[str] = mapped_column(Enum(*MODEL_STATUSES, name="offer_model_status", native_enum=False))
    reason: Mapped[str] = mapped_column(Text, default="")
    manifest: Mapped[dict[str, Any]]
    created_at: Mapped[datetime]
    promoted_at: Mapped[datetime | None]


class Audience(Base):
    """How likely a shopper is to redeem in a campaign, as of `as_of`, and their most likely coupon."""

    __tablename__ = "audiences"
    __table_args__ = (Index("ix_audiences_campaign_id_probability", "campaign_id", "probability"),)
    campaign_id: Mapped[str] = mapped_column(ForeignKey("campaigns.campaign_id"), primary_key=True)
    user_id: Mapped[str] = mapped_column(String(ID_LENGTH), primary_key=True)
    probability: Mapped[float]
    coupon_id: Mapped[str] = mapped_column(String(ID_LENGTH))
    coupon_probability: Mapped[float]
    model_version: Mapped[str] = mapped_column(String(ID_LENGTH))
    as_of: Mapped[datetime]


class OfferShown(Base):
    """A coupon that was offered to a shopper; what the frequency cap counts."""

    __tablename__ = "offers_shown"
    __table_args__ = (Index("ix_offers_shown_user_id_time", "user_id", "time"),)
    offer_id: Mapped[str] = mapped_column(String(ID_LENGTH), primary_key=True)
    user_id: Mapped[str] = mapped_column(String(ID_LENGTH))
    campaign_id: Mapped[str] = mapped_column(String(ID_LENGTH))
    coupon_id: Mapped[str] = mapped_column(String(ID_LENGTH))
    probability: Mapped[float]
    model_version: Mapped[str] = mapped_column(String(ID_LENGTH))
    time: Mapped[datetime]


class Mute(Base):
    """Something a shopper doesn't want to be shown: `kind` is category or brand."""

    __tablename__ = "mutes"
    user_id: Mapped[str] = mapped_column(String(ID_LENGTH), primary_key=True)
    kind: Mapped[str] = mapped_column(String(16), primary_key=True)
    key: Mapped[str] = mapped_column(String(256), primary_key=True)
    time: Mapped[datetime]


class Consent(Base):
    """What a shopper last said of a purpose; where nothing stands here, `users.consent` says it."""

    __tablename__ = "consents"
    user_id: Mapped[str] = mapped_column(String(ID_LENGTH), primary_key=True)
    purpose: Mapped[str] = mapped_column(String(32), primary_key=True)
    given: Mapped[bool]
    time: Mapped[datetime]
    applied_at: Mapped[datetime | None]  # when the feature stores had followed a withdrawal


class RemovedEvent(Base):
    """An event that its shopper took back: it is not stored again for this shopper.

    One that was not `confirmed` keeps out what the shopper's token says, not what the shop says later.
    """

    __tablename__ = "removed_events"
    event_id: Mapped[str] = mapped_column(String(ID_LENGTH), primary_key=True)
    user_id: Mapped[str] = mapped_column(String(ID_LENGTH), primary_key=True, index=True)
    confirmed: Mapped[bool] = mapped_column(default=True, server_default=true())
    time: Mapped[datetime]
    event_time: Mapped[datetime]
    offline_at: Mapped[datetime | None]  # when the offline log had lost it


class Audit(Base):
    """Who did what to a shopper's data. `id` grows, so that a reader knows how far it has come."""

    __tablename__ = "audit_log"
    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=True)
    time: Mapped[datetime]
    actor: Mapped[str] = mapped_column(String(ID_LENGTH))
    action: Mapped[str] = mapped_column(String(32))  # mute, unmute, consent, remove_event, export, ask_erase, erase
    user_id: Mapped[str | None] = mapped_column(String(ID_LENGTH), index=True)  # None once erased
    details: Mapped[dict[str, Any]]


class Erasure(Base):
    """A shopper to be erased, or one who was: then only the digest of the id is left, and refuses what comes late."""

    __tablename__ = "erasures"
    digest: Mapped[str] = mapped_column(String(64), primary_key=True)
    user_id: Mapped[str | None] = mapped_column(String(ID_LENGTH), index=True)  # until it is done
    requested_at: Mapped[datetime]
    swept_at: Mapped[datetime | None]
    done_at: Mapped[datetime | None]
    removed: Mapped[dict[str, Any]]  # how many rows, by store
    receipt: Mapped[str | None] = mapped_column(String(32), index=True, unique=True)  # random; for the shopper to keep
    models: Mapped[list[Any] | None]  # versions that had learned from the shopper; None until it was looked at
    log_cleared_at: Mapped[datetime | None]  # when SQLite's write-ahead log had lost it too


class ApiKey(Base):
    """A key of a caller of the service; of its secret only the hash is kept."""

    __tablename__ = "api_keys"
    key_id: Mapped[str] = mapped_column(String(16), primary_key=True)  # names the key; no secret
    secret_hash: Mapped[str] = mapped_column(String(64), unique=True)  # SHA-256, hexadecimal
    scope: Mapped[str] = mapped_column(Enum(*KEY_SCOPES, name="key_scope", native_enum=False))
    user_id: Mapped[str | None] = mapped_column(String(ID_LENGTH), index=True)  # of a shopper's token
    name: Mapped[str] = mapped_column(String(ID_LENGTH), default="")
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime | None]
    revoked_at: Mapped[datetime | None]
