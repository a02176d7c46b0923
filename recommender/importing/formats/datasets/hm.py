"""H&M Personalized Fashion Recommendations: articles, customers and transactions, a row for each piece.

Ids of articles keep their leading zeros. Prices are the data set's own scaled figures.
"""

from recommender.importing.column_names import Kind
from recommender.importing.formats.base import Format

TRANSACTIONS = Format(
    "hm",
    Kind.EVENTS,
    signature=("t_dat", "customer_id", "article_id", "price"),
    default_type="purchase",
    columns={"t_dat": "time", "customer_id": "user_id", "article_id": "item_id", "price": "value"},
    unread=("sales_channel_id",),
)
ARTICLES = Format(
    "hm",
    Kind.ITEMS,
    signature=("article_id", "product_code", "prod_name", "product_type_name"),
    columns={
        "article_id": "item_id",
        "prod_name": "title",
        "detail_desc": "description",
        "index_group_name": "category_l1",
        "product_group_name": "category_l2",
        "product_type_name": "category_l3",
    },
    unread=(
        "product_type_no",
        "graphical_appearance_no",
        "colour_group_code",
        "perceived_colour_value_id",
        "perceived_colour_master_id",
        "department_no",
        "index_code",
        "index_group_no",
        "section_no",
        "garment_group_no",
        "product_code",
    ),
)
CUSTOMERS = Format(
    "hm",
    Kind.USERS,
    signature=("customer_id", "FN", "Active", "club_member_status"),
    columns={"customer_id": "user_id"},
    unread=("postal_code",),
)
