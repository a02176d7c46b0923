"""MovieLens: ratings and movies, as CSV (ml-latest, ml-20m and later) and as .dat (ml-1m, ml-10m)."""

import re
from collections.abc import Iterable

from recommender.importing.column_names import Kind
from recommender.importing.formats.base import Format, Row
from recommender.importing.formats.helpers import as_attributes, split

_YEAR = re.compile(r"\((\d{4})\)$")


def read_movie(rows: list[Row]) -> Iterable[Row]:
    """A film, its year apart from its title; its first genre is its category, all are attributes."""
    for row in rows:
        title = str(row.get("title", "")).strip()
        year = _YEAR.search(title)
        genres = [genre for genre in split(row.get("genres"), "|") if genre != "(no genres listed)"]
        yield {
            "item_id": row.get("item_id"),
            "title": _YEAR.sub("", title).rstrip(),
            "categories": genres[:1],
            "attributes": as_attributes(genres=genres, year=year[1] if year else None),
        }


RATINGS = Format(
    "movielens",
    Kind.EVENTS,
    signature=("userId", "movieId", "rating", "timestamp"),
    default_type="rating",
    columns={"userId": "user_id", "movieId": "item_id", "rating": "value", "timestamp": "time"},
)
MOVIES = Format(
    "movielens",
    Kind.ITEMS,
    signature=("movieId", "title", "genres"),
    columns={"movieId": "item_id", "title": "title", "genres": "genres"},
    read=read_movie,
)
OLD_RATINGS = Format(
    "movielens",
    Kind.EVENTS,
    signature=("1", "2", "3", "4"),
    file_names=("ratings.dat",),
    default_type="rating",
    columns={"1": "user_id", "2": "item_id", "3": "value", "4": "time"},
)
OLD_MOVIES = Format(
    "movielens",
    Kind.ITEMS,
    signature=("1", "2", "3"),
    file_names=("movies.dat",),
    columns={"1": "item_id", "2": "title", "3": "genres"},
    read=read_movie,
)
OLD_USERS = Format(
    "movielens",
    Kind.USERS,
    signature=("1", "2", "3", "4", "5"),
    file_names=("users.dat",),
    columns={"1": "user_id", "2": "gender", "3": "age", "4": "occupation"},
    unread=("5",),
)
