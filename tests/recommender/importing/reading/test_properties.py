"""What must hold for any file: order, repetition and block size make no difference."""

from pathlib import Path
from tempfile import TemporaryDirectory

import polars as pl
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from recommender.db.engine import close_engines, get_engine, migrate
from recommender.importing.column_names import EVENT_TYPE_NAMES
from recommender.importing.folder import Reading
from recommender.importing.reading.csv_rows import CsvTable
from recommender.importing.sources import run_folder
from recommender.settings import Settings
from tests.support.shops.files import ITEMS, write

ROWS = st.lists(
    st.tuples(
        st.sampled_from(["ann", "bob", "", "知音", "x y"]),
        st.sampled_from(["tea", "cup", "gone", ""]),
        st.sampled_from(["view", "purchase", "search", "dance"]),
        st.sampled_from(["", "1.5", "-1", "x"]),
        st.sampled_from(["1700000000", "2026-01-01", "soon", "1700000001"]),
    ),
    max_size=12,
)


@settings(max_examples=8, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(rows=ROWS, data=st.data())
def test_shuffled_and_repeated_rows_are_the_rows_once(
    home: Settings, rows: list[tuple[str, ...]], data: st.DataObject
) -> None:
    repeated = data.draw(st.permutations(rows + rows[: len(rows) // 2]))
    assert _imported(rows, batch=50) == _imported(repeated, batch=data.draw(st.integers(1, 7)))


def _imported(rows: list[tuple[str, ...]], batch: int) -> set[tuple[object, ...]]:
    with TemporaryDirectory() as name:
        url = f"sqlite:///{name}/zhiyin.db"
        migrate(url)
        lines = [",".join(row) for row in [("user_id", "item_id", "event_type", "value", "time"), *rows]]
        folder = write(Path(name) / "shop", items__csv=ITEMS, interactions__csv="\n".join(lines))
        engine = get_engine(url)
        run_folder(folder, Reading({}, EVENT_TYPE_NAMES, batch=batch), engine=engine)
        with engine.connect() as connection:
            query = "SELECT event_id, user_id, item_id, event_type, value, time FROM events"
            found = connection.exec_driver_sql(query).all()
        engine.dispose()
        close_engines()
        assert len({row[0] for row in found}) == len(found)
        return {tuple(row) for row in found}


@settings(max_examples=60, deadline=None)
@given(content=st.text(alphabet='ab,"\n\r é', max_size=60), size=st.integers(1, 9), damage=st.booleans())
def test_rows_of_a_csv_do_not_depend_on_the_block(content: str, size: int, damage: bool) -> None:
    body = content.encode("latin-1" if damage else "utf-8")
    with TemporaryDirectory() as name:
        path = Path(name) / "x.csv"
        path.write_bytes(b"a,b\n" + body)
        assert _read(path, size) == _read(path, 1)
        assert _read(path, 1_000) == _read(path, 1)
        whole = _read(path, 1)
        assert _read(path, size, skip=3) == whole[3:]


def _read(path: Path, size: int, skip: int = 0) -> list[tuple[object, ...]]:
    """Each row as (line, values or why not), in order."""
    found: list[tuple[object, ...]] = []
    with path.open("rb") as file:
        table = CsvTable(path, file)
        table.skip(skip, block=2)
        while batch := table.take(size):
            rows = batch.rows.with_columns(pl.col(pl.String).fill_null(""))
            here = rows.rows() + [(line, reason) for line, _, reason, _ in batch.rejects.rows()]
            assert len(here) == batch.taken
            found += sorted(here, key=lambda row: int(str(row[0])))
    return found
