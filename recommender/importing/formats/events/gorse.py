"""Gorse's own exports: feedback, items and users, as CSV and as JSON."""

from recommender.importing.column_names import Kind
from recommender.importing.formats.base import Format

_TYPES = {"star": "favorite", "like": "favorite", "fork": "purchase", "watch": "view", "read": "view"}

FEEDBACK = Format(
    "gorse",
    Kind.EVENTS,
    signature=("feedback_type|FeedbackType", "user_id|UserId", "item_id|ItemId", "time_stamp|Timestamp"),
    types=_TYPES,
    columns={
        **{"feedback_type": "event_type", "user_id": "user_id", "item_id": "item_id", "time_stamp": "time"},
        **{"FeedbackType": "event_type", "UserId": "user_id", "ItemId": "item_id", "Timestamp": "time"},
        **{"comment": "text", "Comment": "text"},
    },
)
ITEMS = Format(
    "gorse",
    Kind.ITEMS,
    signature=("item_id|ItemId", "is_hidden|IsHidden", "categories|Categories", "time_stamp|Timestamp"),
    columns={
        **{"item_id": "item_id", "is_hidden": "hidden", "categories": "categories", "time_stamp": "available_from"},
        **{"ItemId": "item_id", "IsHidden": "hidden", "Categories": "categories", "Timestamp": "available_from"},
        **{"labels": "attributes", "description": "description"},
        **{"Labels": "attributes", "Comment": "description"},
    },
)
USERS = Format(
    "gorse",
    Kind.USERS,
    signature=("user_id|UserId", "labels|Labels"),
    columns={"user_id": "user_id", "labels": "attributes", "UserId": "user_id", "Labels": "attributes"},
)
