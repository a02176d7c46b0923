"""Ids that differ in their writing only: in capitals, leading zeros, `.0`, blanks. They stay apart, and are told.

It knows ids; whether two are one shopper or one item, only the shop can tell.
"""

from collections.abc import Iterable

import orjson
import polars as pl
from sqlalchemy import Connection, select

from recommender.db.tables import Item, Reject, User
from recommender.importing.notices import EXAMPLES
from recommender.importing.storing.event_and_link_rows import UNKNOWN_ITEM

_INVISIBLE = r"[\u00ad\u200b-\u200f\u2060\ufeff]"
LOOKED_AT = 1_000  # rejected rows


def canonical_ids(ids: pl.Series) -> pl.Series:
    """What remains of ids when capitals, width, blanks, leading zeros and a trailing .0 don't count."""
    plain = ids.str.normalize("NFKC").str.replace_all(_INVISIBLE, "").str.strip_chars().str.to_lowercase()
    return plain.str.replace(r"^(\d+)\.0$", "$1").str.replace(r"^0+([0-9a-z])", "$1")


def find_twins(ids: Iterable[str], others: Iterable[str] | None = None) -> list[str]:
    """Ids that are written in more than one way, each as "a = A"; with `others`, only those that are among both."""
    frame = pl.concat(
        pl.DataFrame({"id": pl.Series(list(part), dtype=pl.String)}).with_columns(part=pl.lit(place))
        for place, part in enumerate((ids, others or ()))
    ).unique("id", maintain_order=True)
    groups = frame.with_columns(key=canonical_ids(frame["id"])).group_by("key", maintain_order=True)
    twins = groups.agg("id", parts=pl.col("part").n_unique()).filter(pl.col("id").list.len() > 1)
    if others is not None:
        twins = twins.filter(pl.col("parts") > 1)
    return [" = ".join(sorted(group)) for group in twins["id"].to_list()]


def tell_twins(connection: Connection, sources: Iterable[str]) -> list[str]:
    """What looks like one shopper or item under several ids, among all of them and those these sources were refused."""
    items = list(connection.scalars(select(Item.item_id)))
    notices = [
        _sentence("shoppers", find_twins(connection.scalars(select(User.user_id)))),
        _sentence("items", find_twins(items)),
        _sentence("rejected events' items and the catalogue's", find_twins(items, _unknown_items(connection, sources))),
    ]
    return [sentence for sentence in notices if sentence]


def _unknown_items(connection: Connection, sources: Iterable[str]) -> list[str]:
    """Ids of items that rejected events named."""
    query = select(Reject.raw).where(Reject.file.in_(list(sources)), Reject.reason == UNKNOWN_ITEM).limit(LOOKED_AT)
    ids = dict[str, None]()
    for raw in connection.scalars(query):
        try:
            ids[str(orjson.loads(raw)["item_id"])] = None
        except (ValueError, KeyError):  # cut short
            continue
    return list(ids)


def _sentence(whose: str, twins: list[str]) -> str:
    if not twins:
        return ""
    shown = ", ".join(twins[:EXAMPLES]) + (", ..." if len(twins) > EXAMPLES else "")
    return f"ids of {whose} differ in their writing only, {len(twins):,} of them: {shown}. They are kept apart."
