"""The application's tables: what the shop sells, who its shoppers are, what they did, and what the platform decided.

The only place where tables are declared, a module a subject. It knows columns and keys; queries live in
`recommender/store/`, migrations in `migrations`. All times are UTC; on SQLite, which keeps no zone, `UtcDateTime` puts
it back on reading.
"""

from recommender.db.tables.answers import Explanation, ImpressionEvidence, ProfileVersion, Recommendation
from recommender.db.tables.base import (
    ANONYMOUS,
    CANARY_OUTCOMES,
    COUNTED_ROLES,
    DECISION_DOORS,
    DRIFT_ACTIONS,
    ID_LENGTH,
    MODEL_STATUSES,
    Base,
    UtcDateTime,
)
from recommender.db.tables.catalog import FaqEntry, Item, ItemAlias, ItemImage
from recommender.db.tables.events import (
    EVENT_TYPES,
    OPINIONS,
    REMOVAL,
    RETURN,
    SIGNED_IN,
    STORED_TYPES,
    Event,
    RatingScale,
)
from recommender.db.tables.experiments import Experiment, SalesReport
from recommender.db.tables.marketing import (
    Audience,
    Campaign,
    CampaignMember,
    Coupon,
    OfferModelVersion,
    OfferShown,
    Redemption,
)
from recommender.db.tables.models import DriftDecision, DriftedUser, DriftRun, Embedding, Model
from recommender.db.tables.operations import (
    KEY_SCOPES,
    Announcement,
    ApiKey,
    Delivery,
    ImportRun,
    OutgoingMessage,
    Reject,
    TokenRevocation,
    WebhookDelivery,
)
from recommender.db.tables.privacy import Audit, Consent, Erasure, Mute, Preference, RemovedEvent, SessionWish
from recommender.db.tables.releases import Canary, GuardrailDecision, ReleaseCount
from recommender.db.tables.rules import RULE_ACTIONS, RULE_TARGETS, Rule, RuleChange
from recommender.db.tables.users import KeptAccount, User, UserLink, Visit

__all__ = [
    "ANONYMOUS",
    "CANARY_OUTCOMES",
    "COUNTED_ROLES",
    "DECISION_DOORS",
    "DRIFT_ACTIONS",
    "EVENT_TYPES",
    "ID_LENGTH",
    "KEY_SCOPES",
    "MODEL_STATUSES",
    "OPINIONS",
    "REMOVAL",
    "RETURN",
    "RULE_ACTIONS",
    "RULE_TARGETS",
    "SIGNED_IN",
    "STORED_TYPES",
    "Announcement",
    "ApiKey",
    "Audience",
    "Audit",
    "Base",
    "Campaign",
    "CampaignMember",
    "Canary",
    "Consent",
    "Coupon",
    "Delivery",
    "DriftDecision",
    "DriftRun",
    "DriftedUser",
    "Embedding",
    "Erasure",
    "Event",
    "Experiment",
    "Explanation",
    "FaqEntry",
    "GuardrailDecision",
    "ImportRun",
    "ImpressionEvidence",
    "Item",
    "ItemAlias",
    "ItemImage",
    "KeptAccount",
    "Model",
    "Mute",
    "OfferModelVersion",
    "OfferShown",
    "OutgoingMessage",
    "Preference",
    "ProfileVersion",
    "RatingScale",
    "Recommendation",
    "Redemption",
    "Reject",
    "ReleaseCount",
    "RemovedEvent",
    "Rule",
    "RuleChange",
    "SalesReport",
    "SessionWish",
    "TokenRevocation",
    "User",
    "UserLink",
    "UtcDateTime",
    "Visit",
    "WebhookDelivery",
]
