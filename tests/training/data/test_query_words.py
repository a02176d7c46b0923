"""What shoppers call things, from what they choose after a search: several shoppers, the same thing, soon."""

from datetime import UTC, datetime, timedelta

import polars as pl

from training.data.query_words import LEAST_SHOPPERS, learn_query_words

TITLES = {
    "sofa-1": "Grey sofa Oslo", "sofa-2": "Leather sofa", "sofa-3": "Corner sofa Bergen", "bed": "Double bed",
    "lamp": "Desk lamp", "rug": "Wool rug", "case": "硅胶手机壳", "case-2": "透明手机壳", "shelf": "Oak shelf",
    "chair": "Chair", "desk": "Desk", "vase": "Vase", "plant": "Plant", "mirror": "Mirror", "clock": "Clock",
    "table": "Table", "bench": "Bench", "stool": "Stool", "hook": "Hook", "tray": "Tray",
}  # fmt: skip
START = datetime(2026, 1, 1, tzinfo=UTC)


def log_of(*visits: tuple[str, str, str, int]) -> pl.DataFrame:
    """Of each shopper a search, and an item so many minutes later."""
    rows: list[tuple[object, ...]] = []
    for place, (user, query, item, minutes) in enumerate(visits):
        at = START + timedelta(hours=place)
        rows.append((user, "search", None, query, at))
        rows.append((user, "view", item, None, at + timedelta(minutes=minutes)))
    columns = {"user_id": pl.String, "event_type": pl.String, "item_id": pl.String, "text": pl.String}
    return pl.DataFrame(rows, schema={**columns, "time": pl.Datetime("us", "UTC")}, orient="row")


def test_what_several_shoppers_chose_after_the_same_query_is_what_it_means() -> None:
    visits = [(f"u{n}", "Settee", f"sofa-{n % 3 + 1}", 2) for n in range(LEAST_SHOPPERS)]
    visits += [(f"c{n}", "phone cover", ("case", "case-2")[n % 2], 1) for n in range(LEAST_SHOPPERS)]
    learned = learn_query_words(log_of(*visits), TITLES)
    assert learned["settee"] == "sofa"
    assert "手机" in learned["phone cover"] or "手机壳" in learned["phone cover"]


def test_one_shopper_counts_once_however_often_they_search() -> None:
    visits = [(f"u{n % (LEAST_SHOPPERS - 1)}", "settee", "sofa-1", 2) for n in range(40)]
    assert learn_query_words(log_of(*visits), TITLES) == {}


def test_what_comes_late_or_differs_says_nothing() -> None:
    late = [(f"u{n}", "settee", "sofa-1", 11) for n in range(9)]
    assert learn_query_words(log_of(*late), TITLES) == {}
    apart = [(f"u{n}", "something nice", item, 1) for n, item in enumerate(TITLES)]
    assert learn_query_words(log_of(*apart), TITLES) == {}


def test_a_query_in_the_titles_own_words_needs_no_other() -> None:
    visits = [(f"u{n}", "sofas", f"sofa-{n % 3 + 1}", 2) for n in range(9)]
    assert learn_query_words(log_of(*visits), TITLES) == {}


def test_a_log_without_searches_teaches_nothing() -> None:
    log = log_of(("u1", "settee", "sofa-1", 1)).filter(pl.col("event_type") == "view")
    assert learn_query_words(log, TITLES) == {}
