"""MovieLens, with and without names of columns."""

from pathlib import Path

from recommender.importing.sources import run_folder
from recommender.settings import Settings
from tests.support.shops.files import table, write


def test_movielens(home: Settings, migrated: None, tmp_path: Path) -> None:
    movies = 'movieId,title,genres\n1,Toy Story (1995),Adventure|Children\n2,"Nobody, The",(no genres listed)\n'
    ratings = "userId,movieId,rating,timestamp\n1,1,4.0,964982703\n"
    run_folder(write(tmp_path, movies__csv=movies, ratings__csv=ratings))
    assert table("items", "item_id", "title", "categories", "attributes") == [
        ("1", "Toy Story", ["Adventure"], {"genres": ["Adventure", "Children"], "year": "1995"}),
        ("2", "Nobody, The", [], {}),
    ]
    assert table("events", "event_type", "user_id", "item_id", "value") == [("rating", "1", "1", 4.0)]


def test_movielens_without_names_of_columns(home: Settings, migrated: None, tmp_path: Path) -> None:
    files = {"movies__dat": "1::Toy Story (1995)::Animation|Comedy\n", "ratings__dat": "7::1::5::978300760\n"}
    run_folder(write(tmp_path, **files, users__dat="7::F::25::10::48067\n"))
    assert table("items", "item_id", "title") == [("1", "Toy Story")]
    assert table("events", "user_id", "item_id", "value") == [("7", "1", 5.0)]
    assert table("users", "user_id", "attributes") == [("7", {"age": "25", "gender": "F", "occupation": "10"})]
