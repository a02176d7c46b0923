"""What shoppers said that they want and don't want, changed and changed back."""

from collections.abc import Iterator
from datetime import UTC, datetime

import pytest
from sqlalchemy.orm import Session

from recommender.db.engine import session_scope
from recommender.privacy.audit import note
from recommender.privacy.mutes import BRAND, CATEGORY, mute, mutes_of
from recommender.privacy.preferences import (
    UNDO_WISH,
    WISH,
    Effect,
    Saying,
    describe_effects,
    effects_of,
    find_change,
    load_preference,
    preferences_of,
    store_preferences,
    undo,
)
from recommender.settings import Settings
from tests.support.servers.databases import install_tables

NOW = datetime(2026, 6, 1, tzinfo=UTC)
USER = "u1"


@pytest.fixture
def session(home: Settings) -> Iterator[Session]:
    install_tables()
    with session_scope() as opened:
        yield opened


def say(session: Session, *sayings: tuple[str, str, bool | None]) -> list[Effect]:
    return store_preferences(session, USER, [Saying(*one) for one in sayings], NOW)


def test_an_unwanted_category_or_brand_is_a_mute_and_the_rest_a_preference(session: Session) -> None:
    say(session, (CATEGORY, "茶", False), (BRAND, "Lark", False), (CATEGORY, "Pets", True), ("word", "糖", False))
    session.flush()
    assert mutes_of(session, USER) == [(BRAND, "Lark"), (CATEGORY, "茶")]
    assert preferences_of(session, USER) == [Saying(CATEGORY, "Pets", True), Saying("word", "糖", False)]
    assert load_preference(session, USER, CATEGORY, "茶") is False
    assert load_preference(session, USER, CATEGORY, "Toys") is None


def test_only_what_changes_is_an_effect(session: Session) -> None:
    first = say(session, ("price", "cheaper", True), (CATEGORY, "Tea", None))
    assert first == [Effect("price", "cheaper", None, True)]
    assert say(session, ("price", "cheaper", True)) == []
    assert say(session, ("price", "cheaper", False)) == [Effect("price", "cheaper", True, False)]


@pytest.mark.parametrize("kind", [CATEGORY, BRAND, "word"])
@pytest.mark.parametrize("before", [True, False, None])
@pytest.mark.parametrize("after", [True, False, None])
def test_every_change_can_be_undone(session: Session, kind: str, before: bool | None, after: bool | None) -> None:
    say(session, (kind, "x", before))
    effects = say(session, (kind, "x", after))
    session.flush()
    assert load_preference(session, USER, kind, "x") is after
    undo(session, USER, effects, NOW)
    session.flush()
    assert load_preference(session, USER, kind, "x") is before
    held = [one.wanted for one in preferences_of(session, USER)] + [False for _ in mutes_of(session, USER)]
    assert held == ([] if before is None else [before])  # in one place alone


def test_what_was_changed_again_since_stays_as_it_is(session: Session) -> None:
    effects = say(session, (CATEGORY, "Tea", False), ("word", "beef", True))
    say(session, (CATEGORY, "Tea", True))
    session.flush()
    assert undo(session, USER, effects, NOW) == [Effect("word", "beef", True, None)]
    assert load_preference(session, USER, CATEGORY, "Tea") is True


def test_a_mute_of_the_page_is_known_here_too(session: Session) -> None:
    mute(session, USER, CATEGORY, "Tea", NOW)
    session.flush()
    assert say(session, (CATEGORY, "Tea", True)) == [Effect(CATEGORY, "Tea", False, True)]
    assert mutes_of(session, USER) == []


def test_other_shoppers_say_for_themselves(session: Session) -> None:
    say(session, ("word", "beef", True))
    assert load_preference(session, "u2", "word", "beef") is None
    assert preferences_of(session, "u2") == []


def test_the_latest_change_that_is_not_undone_is_found(session: Session) -> None:
    def wish(user: str = USER) -> int:
        effects = describe_effects([Effect("word", "糖", None, False)])
        change = note(session, NOW, user, WISH, user, {"effects": effects})
        session.flush()
        return change.id

    assert find_change(session, USER, None) is None
    first, second, foreign = wish(), wish(), wish("u2")
    found = find_change(session, USER, None)
    assert found is not None
    assert found.id == second
    assert effects_of(found) == [Effect("word", "糖", None, False)]
    assert find_change(session, USER, foreign) is None
    note(session, NOW, USER, UNDO_WISH, USER, {"of": second})
    session.flush()
    left = find_change(session, USER, None)
    assert left is not None
    assert left.id == first
    assert find_change(session, USER, second) is None
