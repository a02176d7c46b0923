"""Counts, sums and recency over 1, 7, 30 and 180 days, as duckdb queries over the event partitions.

It knows the log's columns. A row for day D describes a shopper or an item at the end of D: every window ends with D.
Shoppers have a row for each day with activity, and one each Sunday while they were active in the last 187 days, so
that a window that has emptied is seen too. Items, of which there are many, have one each Sunday while somebody saw or
bought them in the last 30 days. Days are numbers since 1970; money is summed as decimals, so that the same events give
the same bytes however the work was split.
"""

from collections.abc import Iterator, Sequence
from datetime import date
from itertools import pairwise
from pathlib import Path

import duckdb
import polars as pl

from features.partitions import ACTIONS, WINDOWS
from recommender.data.returns import TAKEN_BACK, without_returned
from recommender.settings import get_settings

EPOCH = date(1970, 1, 1)
WEEK = 7
USER_SNAPSHOT_DAYS = max(WINDOWS) + 7  # a week longer than the longest window: the snapshot in which it has emptied
ITEM_SNAPSHOT_DAYS = 30
HORIZON_DAYS = USER_SNAPSHOT_DAYS  # how far back the log is read
_DAY = "(time::DATE - DATE '1970-01-01')::INTEGER AS day"
_BOUGHT = "event_type = 'purchase'"
_MONEY = "try_cast(value AS DECIMAL(18, 6))"
_UNITS = "greatest(coalesce(quantity, 1), 1)"
_FRAMES = ", ".join(
    f"w{days} AS (PARTITION BY entity ORDER BY day RANGE BETWEEN {days - 1} PRECEDING AND CURRENT ROW)"
    for days in WINDOWS
    if days > 1
)

# `parts` is what a view adds up per entity and day, `due` the days (Sundays: every 7) on which a snapshot is owed
_QUERY = """
WITH parts AS ({parts}), active AS (SELECT DISTINCT entity, day FROM parts WHERE seen), due AS (
    SELECT DISTINCT entity, shot AS day, true AS shown FROM active
    JOIN (SELECT unnest(range($first, $after)) AS shot) ON (shot + 4) % $every = 0
    AND active.day BETWEEN shot - $horizon + 1 AND shot
), days AS (
    SELECT entity, day, bool_or(shown) AS shown, {folds}
    FROM (FROM parts UNION ALL BY NAME FROM due) GROUP BY entity, day
), rows AS (
    SELECT entity, day, shown, {features} FROM days
    WINDOW {frames}, ever AS (PARTITION BY entity ORDER BY day RANGE UNBOUNDED PRECEDING)
)
SELECT * EXCLUDE (shown) FROM rows WHERE shown AND day >= $first AND day < $after ORDER BY day, entity
"""


def open_log(paths: Sequence[Path]) -> duckdb.DuckDBPyConnection:
    """A duckdb whose view `log` is these partitions of the event log, with `day` as a number."""
    connection = duckdb.connect()
    connection.execute(f"SET threads = {get_settings().threads}")
    connection.execute("SET TimeZone = 'UTC'")
    log = connection.read_parquet([str(path) for path in paths], hive_partitioning=False)
    log.project(f"*, {_DAY}").create_view("log")
    return connection


def logs_by_returns(
    paths: Sequence[Path], span: tuple[int, int]
) -> Iterator[tuple[duckdb.DuckDBPyConnection, tuple[int, int]]]:
    """The log and the days in [first, after) it is for; where purchases came back meanwhile, a log for each stretch.

    A day's row knows of what had come back by its end, and of nothing later.
    """
    events = pl.scan_parquet(list(paths), hive_partitioning=False)
    day = (pl.col("time").dt.epoch("d")).cast(pl.Int64)
    back = pl.col("event_type").is_in(list(TAKEN_BACK))
    days = events.filter(back).select(day.unique().sort()).collect().to_series().to_list()
    if not days:
        yield open_log(paths), span
        return
    first, after = span
    bounds = [first, *(one for one in days if first < one < after), after]
    for begin, end in pairwise(bounds):
        known = events.filter(day < end, ~back | (day <= begin)).collect()
        yield hold_log(known), (begin, end)


def hold_log(events: pl.DataFrame) -> duckdb.DuckDBPyConnection:
    """The same view of events that are in memory, without the purchases that came back."""
    connection = duckdb.connect()
    connection.execute(f"SET threads = {get_settings().threads}")
    connection.execute("SET TimeZone = 'UTC'")
    connection.from_arrow(without_returned(events).to_arrow()).project(f"*, {_DAY}").create_view("log")
    return connection


def user_windows(log: duckdb.DuckDBPyConnection, first: int, after: int, every: int = WEEK) -> pl.DataFrame:
    """The windows of each shopper on the days in [first, after): `entity`, `day` and the features.

    Everybody who was active lately has a row on every 7th day (Sunday), or on every day.
    """
    counts = {name: f"count(*) FILTER (event_type = '{kind}')" for kind, name in ACTIONS.items()}
    sums = counts | {
        "spend": f"sum({_MONEY}) FILTER ({_BOUGHT})",
        "priced": f"count(value) FILTER ({_BOUGHT} AND value >= 0)",
        "log_price": f"sum(ln(1 + value / {_UNITS})::DECIMAL(18, 9)) FILTER ({_BOUGHT} AND value >= 0)",
    }
    features = [
        *_windows_of(list(counts)),
        *(f"coalesce({_over('spend', days)}, 0)::FLOAT AS spend_{days}d" for days in WINDOWS),
        "(sum(log_price) OVER w180 / nullif(sum(priced) OVER w180, 0))::FLOAT AS price_level",
        _since("last_event"),
        _since("last_purchase"),
    ]
    parts = _per_day("user_id", sums | {"last_event": "max(time)", "last_purchase": f"max(time) FILTER ({_BOUGHT})"})
    span = {"first": first, "after": after, "horizon": USER_SNAPSHOT_DAYS, "every": every}
    return _run(log, parts, [*sums, "last_event", "last_purchase"], features, span)


def item_windows(log: duckdb.DuckDBPyConnection, first: int, after: int) -> pl.DataFrame:
    """The windows of each item on the days in [first, after): `entity`, `day` and the features.

    One account is one voice: what it does with an item counts once a day, however often it does it.
    """
    sums = {
        "views": "count(*) FILTER (viewed)",
        "purchases": "count(*) FILTER (bought)",
        "rated": "count(rating)",
        "stars": "sum(rating)",
    }
    features = [
        *_windows_of(["views", "purchases"]),
        "coalesce(sum(shoppers) OVER ever, 0)::BIGINT AS shoppers_30d",
        "(sum(purchases) OVER w30 / nullif(sum(views) OVER w30, 0))::FLOAT AS conversion_30d",
        "(sum(stars) OVER w180 / nullif(sum(rated) OVER w180, 0))::FLOAT AS rating_mean",
        "coalesce(sum(rated) OVER w180, 0)::BIGINT AS rating_count",
        _since("last_purchase"),
    ]
    parts = _per_day("item_id", sums | {"last_purchase": "max(last_bought)"}, shown=False, log=_VOICES)
    span = {"first": first, "after": after, "horizon": ITEM_SNAPSHOT_DAYS, "every": WEEK}
    return _run(log, f"{parts} UNION ALL BY NAME {_SHOPPERS}", [*sums, "shoppers", "last_purchase"], features, span)


# What one shopper, or one visit of somebody who has not signed in, did with an item on one day
_VOICES = f"""(
    SELECT item_id, day, bool_or(event_type = 'view') AS viewed, bool_or({_BOUGHT}) AS bought,
        (avg({_MONEY}) FILTER (event_type = 'rating'))::DECIMAL(18, 6) AS rating,
        max(time) FILTER ({_BOUGHT}) AS last_bought
    FROM log WHERE item_id IS NOT NULL GROUP BY item_id, day, coalesce(user_id, session_id, event_id)
)"""  # noqa: S608 (our own names)

# A visit counts its shopper in for 30 days or until their next visit, whichever is sooner, so that the running sum of
# these changes is the number of different shoppers. Moved to the Sunday that shows them, most changes fall together.
_SHOPPERS = """
SELECT entity, day, false AS seen, false AS shown, sum(shoppers) AS shoppers FROM (
    SELECT entity, unnest([day, least(day + 30, coalesce(next, day + 30))]) AS changed, unnest([1, -1]) AS shoppers,
        changed + (3 - changed % 7 + 7) % 7 AS day
    FROM (
        SELECT item_id AS entity, day, lead(day) OVER (PARTITION BY item_id, user_id ORDER BY day) AS next
        FROM (SELECT DISTINCT item_id, user_id, day FROM log WHERE item_id IS NOT NULL AND user_id IS NOT NULL)
    )
) GROUP BY entity, day HAVING sum(shoppers) != 0
"""


def leaning_amounts(
    log: duckdb.DuckDBPyConnection, catalogue: pl.DataFrame, key: str, weights: dict[str, float]
) -> pl.DataFrame:
    """What a shopper's behaviour weighs, by day and the items' category or brand: `entity`, `key`, `day`, `amount`."""
    log.register("catalogue", catalogue.to_arrow())
    log.register("weighed", pl.DataFrame(list(weights.items()), ["event_type", "weight"], orient="row").to_arrow())
    query = (
        f"SELECT user_id AS entity, {key} AS key, day, sum(weight::DECIMAL(9, 3))::DOUBLE AS amount "  # noqa: S608 (our own names)
        "FROM log JOIN catalogue USING (item_id) JOIN weighed USING (event_type) "
        f"WHERE user_id IS NOT NULL AND {key} IS NOT NULL GROUP BY ALL"
    )
    return _frame(log.sql(query))


def _per_day(entity: str, sums: dict[str, str], shown: bool = True, log: str = "log") -> str:
    columns = ", ".join(f"{expression} AS {name}" for name, expression in sums.items())
    return (
        f"SELECT {entity} AS entity, day, true AS seen, {shown} AS shown, {columns} "  # noqa: S608 (our own names)
        f"FROM {log} WHERE {entity} IS NOT NULL GROUP BY ALL"
    )


def _windows_of(names: list[str]) -> list[str]:
    return [f"coalesce({_over(name, days)}, 0)::BIGINT AS {name}_{days}d" for name in names for days in WINDOWS]


def _over(name: str, days: int) -> str:
    return name if days == 1 else f"sum({name}) OVER w{days}"  # there is one row an entity and day


def _since(moment: str) -> str:
    """The days from the last such moment within 180 days to the end of the row's day."""
    end_us = "(day + 1) * 86400000000"
    return f"(({end_us} - epoch_us(max({moment}) OVER w180)) / 86400e6)::FLOAT AS days_since_{moment}"


def _run(
    log: duckdb.DuckDBPyConnection, parts: str, columns: list[str], features: list[str], span: dict[str, int]
) -> pl.DataFrame:
    folds = ", ".join(f"{'max' if name.startswith('last') else 'sum'}({name}) AS {name}" for name in columns)
    query = _QUERY.format(parts=parts, folds=folds, features=", ".join(features), frames=_FRAMES)
    return _frame(log.sql(query, params=span))


def _frame(result: duckdb.DuckDBPyRelation) -> pl.DataFrame:
    return pl.DataFrame(result.to_arrow_table())
