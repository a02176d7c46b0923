"""Items, aliases, photos and answers as rows: what is not said has its default, and one row stands for one thing."""

from datetime import UTC, datetime

import pytest
from sqlalchemy import insert
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from recommender.db.tables import FaqEntry, Item, ItemAlias, ItemImage

NOW = datetime(2026, 3, 1, tzinfo=UTC)


def test_an_item_of_a_title_alone_is_shown_and_has_no_price(session: Session) -> None:
    session.add(Item(item_id="tea", title="Tea", content_hash="h", updated_at=NOW))
    session.flush()
    session.expire_all()
    item = session.get_one(Item, "tea")
    assert (item.kind, item.categories, item.attributes, item.language) == ("product", [], {}, "en")
    assert (item.hidden, item.retired, item.stub) == (False, False, False)
    assert (item.price, item.stock, item.availability, item.url, item.currency) == (None, None, None, "", "")


def test_two_items_share_no_default(session: Session) -> None:
    items = [Item(item_id=name, title=name, content_hash="h", updated_at=NOW) for name in ("a", "b")]
    session.add_all(items)
    session.flush()
    items[0].attributes["colour"] = "red"
    assert items[1].attributes == {}


@pytest.mark.parametrize("missing", ["title", "content_hash", "updated_at"])
def test_an_item_without_what_it_must_have_is_refused(session: Session, missing: str) -> None:
    row = {"item_id": "tea", "title": "Tea", "content_hash": "h", "updated_at": NOW}
    with pytest.raises(IntegrityError, match=missing):
        session.execute(insert(Item), {name: value for name, value in row.items() if name != missing})


def test_an_alias_is_of_one_item(session: Session) -> None:
    session.add(ItemAlias(alias="old", item_id="tea", created_at=NOW))
    session.flush()
    with pytest.raises(IntegrityError):
        session.execute(insert(ItemAlias), {"alias": "old", "item_id": "cup", "created_at": NOW})


def test_sizes_and_moments_of_photos_go_beyond_32_bits(session: Session) -> None:
    session.add(ItemImage(item_id="tea", name="a.jpg", size=2**40, modified=2**62, content_hash="h"))
    session.flush()
    session.expire_all()
    photo = session.get_one(ItemImage, "tea")
    assert (photo.size, photo.modified) == (2**40, 2**62)


def test_an_answer_is_kept_word_for_word(session: Session) -> None:
    answer = "Within 30 days.\n\t“No questions” — 无理由退货 "
    session.add(FaqEntry(faq_id="f", question="Returns?", answer=answer, language="en", updated_at=NOW))
    session.flush()
    session.expire_all()
    assert session.get_one(FaqEntry, "f").answer == answer
