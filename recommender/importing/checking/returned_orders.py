"""Rows of orders that came back: negative pieces or money, or an order's own word for it, as events of type return.

It knows frames whose columns are ours. A purchase that its order calls refunded is a return with an id of its own, so
that it takes back what an earlier file brought as paid, and is nothing where no such purchase is known.
"""

import polars as pl

from recommender.data.returns import PURCHASE
from recommender.db.tables import ID_LENGTH, RETURN
from recommender.importing.column_names import EVENT_TYPE_NAMES

BACK = [name for name, ours in EVENT_TYPE_NAMES.items() if ours == RETURN]
SUFFIX = "~return"


def take_back(frame: pl.DataFrame) -> pl.DataFrame:
    """The rows without `status` and `returned_at`: what these, or a negative number, call a return is one."""
    plain = pl.col("status").str.to_lowercase().str.replace_all("[^a-z]", "")
    of_order = pl.when(pl.col("session_id").is_null()).then(plain).otherwise(plain.forward_fill().over("session_id"))
    when = pl.col("returned_at")
    back_at = pl.when(pl.col("session_id").is_null()).then(when).otherwise(when.forward_fill().over("session_id"))
    frame = frame.with_columns(status=of_order, returned_at=back_at)
    bought = pl.col("event_type") == PURCHASE
    ended = (bought & (pl.col("status").is_in(BACK) | pl.col("returned_at").is_not_null())).fill_null(False)
    negative = (bought & ((pl.col("quantity") < 0) | (pl.col("value") < 0))).fill_null(False)
    own_id = pl.col("event_id").str.slice(0, ID_LENGTH - len(SUFFIX)) + SUFFIX
    returned = ended | negative | (pl.col("event_type") == RETURN)
    return frame.with_columns(
        event_type=pl.when(returned).then(pl.lit(RETURN)).otherwise("event_type"),
        event_id=pl.when(ended & ~negative).then(own_id).otherwise("event_id"),
        time=pl.when(ended).then(pl.coalesce("returned_at", "time")).otherwise("time"),
        quantity=pl.when(returned).then(pl.col("quantity").abs()).otherwise("quantity"),
        value=pl.when(returned).then(pl.col("value").abs()).otherwise("value"),
    ).drop("status", "returned_at")
