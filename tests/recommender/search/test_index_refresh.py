"""The search index follows the items table, and is made anew only where something changed."""

from datetime import UTC, datetime

from recommender.db.engine import session_scope
from recommender.db.tables import Item
from recommender.search.index_refresh import IndexKeeper
from recommender.search.query_understanding import understand
from recommender.settings import Settings
from tests.support.servers.databases import install_tables
from tests.support.shops.shop import fill_shop


def test_an_index_follows_its_table_and_stays_where_nothing_is_new(database: Settings) -> None:
    keeper = IndexKeeper()
    with session_scope() as session:
        assert keeper.refresh(session)
        assert keeper.index is not None
        assert len(keeper.index) == 0
    fill_shop()
    with session_scope() as session:
        assert keeper.refresh(session) is False  # written as of long ago: nobody does that
    keeper = IndexKeeper()
    with session_scope() as session:
        assert keeper.refresh(session)
        assert not keeper.refresh(session)
        item = session.get(Item, "tea-1")
        assert item is not None
        item.title, item.updated_at = "Theremin", datetime.now(UTC)
        session.flush()
        assert keeper.refresh(session)
        index = keeper.index
        assert not keeper.refresh(session)
    assert index is keeper.index
    assert index is not None
    assert len(index) == 60
    assert index.lexicon.known(["theremin"])
    assert index.catalogue.titles[index.catalogue.index["tea-1"]] == "Theremin"


def test_no_query_is_mended_to_a_word_that_only_hidden_items_have(home: Settings) -> None:
    install_tables()
    fill_shop()
    keeper = IndexKeeper()
    with session_scope() as session:
        keeper.refresh(session)
        assert keeper.index is not None
        assert understand(keeper.index, "jasmyne").corrected == "jasmine"
        item = session.get(Item, "tea-3")
        assert item is not None
        item.hidden, item.updated_at = True, datetime.now(UTC)
        session.flush()
        assert keeper.refresh(session)
    assert understand(keeper.index, "jasmyne").corrected is None
    assert "tea-3" not in keeper.index.catalogue.index


def test_retired_items_leave_the_index_and_come_back(home: Settings) -> None:
    install_tables()
    fill_shop()
    keeper = IndexKeeper()
    with session_scope() as session:
        keeper.refresh(session)
        item = session.get(Item, "tea-1")
        assert item is not None
        for retired, count in ((True, 59), (False, 60)):
            item.retired, item.updated_at = retired, datetime.now(UTC)
            session.flush()
            assert keeper.refresh(session)
            assert keeper.index is not None
            assert ("tea-1" in keeper.index.catalogue.index) is not retired
            assert len(keeper.index) == count


def test_an_item_is_found_by_its_attributes_and_categories_too(home: Settings) -> None:
    install_tables()
    fill_shop()
    keeper = IndexKeeper()
    with session_scope() as session:
        item = session.get(Item, "toys-6")
        assert item is not None
        item.attributes, item.updated_at = {"colour": "靛藍", "size": 42}, datetime.now(UTC)
        session.flush()
        keeper.refresh(session)
    index = keeper.index
    assert index is not None
    row = index.catalogue.index["toys-6"]
    assert index.attribute_values["colour"] == {"靛蓝"}
    for phrase in ("靛蓝", "size 42", "toys"):
        assert index.texts_with(phrase)[index.text_row_O[row]], phrase
