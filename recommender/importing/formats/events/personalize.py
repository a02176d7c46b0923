"""Amazon Personalize's data sets: interactions, items and users, whose columns are in capitals."""

from recommender.importing.column_names import Kind
from recommender.importing.formats.base import Format

INTERACTIONS = Format(
    "personalize",
    Kind.EVENTS,
    signature=("USER_ID", "ITEM_ID", "TIMESTAMP", "EVENT_TYPE"),
    columns={
        "USER_ID": "user_id",
        "ITEM_ID": "item_id",
        "TIMESTAMP": "time",
        "EVENT_TYPE": "event_type",
        "EVENT_VALUE": "value",
        "SESSION_ID": "session_id",
        "RECOMMENDATION_ID": "recommendation_id",
    },
    unread=("IMPRESSION",),
)
ITEMS = Format(
    "personalize",
    Kind.ITEMS,
    signature=("ITEM_ID", "CREATION_TIMESTAMP|CATEGORY_L1|GENRES|PRODUCT_DESCRIPTION"),
    columns={
        "ITEM_ID": "item_id",
        "PRICE": "price",
        "CATEGORY_L1": "category_l1",
        "CATEGORY_L2": "category_l2",
        "CATEGORY_L3": "category_l3",
        "GENRES": "categories",
        "PRODUCT_DESCRIPTION": "description",
        "DESCRIPTION": "description",
        "TITLE": "title",
        "NAME": "title",
        "PRODUCT_NAME": "title",
        "BRAND": "brand",
        "CREATION_TIMESTAMP": "available_from",
    },
)
