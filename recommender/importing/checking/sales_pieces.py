"""Sales files with a row for each piece: equal rows of one purchase are its pieces, not one event told again.

It knows frames whose columns are ours. Rows that follow each other with the same shopper, order and time are a deal.
"""

import polars as pl

from recommender.importing.notices import Notice

DEAL = ("user_id", "session_id", "time")
PIECES = "{rows} rows repeat a purchase and were taken as further pieces of it"


def count_pieces(frame: pl.DataFrame) -> tuple[pl.DataFrame, list[Notice]]:
    """The events, those of one deal that say the same as one, with their number and their sum."""
    deal = frame.select(pl.struct(DEAL).rle_id()).to_series()
    counted = frame.with_columns(deal=deal).with_columns(
        pieces=pl.len().over("deal", "event_id"), first=pl.struct("deal", "event_id").is_first_distinct()
    )
    further = counted.filter(~pl.col("first")).height
    if not further:
        return frame, []
    several = pl.col("pieces") > 1
    kept = counted.filter("first").with_columns(
        quantity=pl.when(several).then(pl.col("pieces").cast(pl.Float64)).otherwise("quantity"),
        value=pl.when(several).then(pl.col("value") * pl.col("pieces")).otherwise("value"),
    )
    return kept.drop("deal", "pieces", "first"), [Notice(PIECES, further)]
