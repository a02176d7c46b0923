"""What shoppers said counts once it is in the log, whoever wrote it there; most shoppers have said nothing."""

from datetime import UTC, datetime

import pytest

from recommender.db.engine import session_scope
from recommender.db.tables import Mute
from recommender.privacy.audit import note
from recommender.privacy.erasure import ERASED, digest
from recommender.privacy.mutes import mute, unmute
from recommender.privacy.preferences import Saying, store_preferences
from recommender.settings import Settings
from recommender.store.consent import PERSONALISATION, record_consent
from services.state.preferences import NO_PREFERENCES, Control, Controls, News
from tests.support.servers.databases import install_tables
from tests.support.shops.shop import shop_catalogue

NOW = datetime(2026, 5, 1, tzinfo=UTC)


@pytest.fixture
def controls(home: Settings) -> Controls:
    install_tables()
    return Controls()


def look(controls: Controls) -> News:
    with session_scope() as session:
        return controls.refresh(session)


def test_what_is_said_counts_from_the_next_look_on_and_what_is_taken_back_no_more(controls: Controls) -> None:
    look(controls)
    assert controls.of("u1") is NO_PREFERENCES
    with session_scope() as session:
        mute(session, "u1", "category", "Tea", NOW)
        store_preferences(session, "u1", [Saying("word", "mint", False)], NOW)
        record_consent(session, "u2", PERSONALISATION, False, NOW)
        for user in ("u1", "u2"):
            note(session, NOW, "test", "mute", user, {})
    assert look(controls).users == {"u1", "u2"}
    assert controls.of("u1") == Control(frozenset({"Tea"}), preferences=(Saying("word", "mint", False),))
    assert not controls.of("u2").personalised
    assert look(controls).users == frozenset(), "each word is news once"
    with session_scope() as session:
        unmute(session, "u1", "category", "Tea")
        store_preferences(session, "u1", [Saying("word", "mint", None)], NOW)
        note(session, NOW, "test", "unmute", "u1", {})
    look(controls)
    assert controls.of("u1") is NO_PREFERENCES


def test_a_worker_that_starts_reads_all_that_was_said_before(controls: Controls) -> None:
    with session_scope() as session:
        session.add(Mute(user_id="u3", kind="brand", key="Lark", time=NOW))
    look(controls)
    assert controls.of("u3").brands == {"Lark"}


def test_of_the_erased_the_digest_tells(controls: Controls) -> None:
    look(controls)
    with session_scope() as session:
        note(session, NOW, "test", ERASED, None, {"digest": digest("u1")})
    news = look(controls)
    assert news.among(["u1", "u2"]) == {"u1"}
    assert News(frozenset({"u2"}), frozenset()).among(["u1", "u2"]) == {"u2"}


def test_what_is_muted_is_hidden_by_any_of_its_categories_or_its_brand() -> None:
    catalogue = shop_catalogue()
    assert NO_PREFERENCES.hidden(catalogue) is None
    control = Control(frozenset({"Tea"}), frozenset({"Wren"}))
    hidden = control.hidden(catalogue)
    assert hidden is not None
    gone = {catalogue.ids[row] for row in hidden.nonzero()[0]}
    assert gone == {one for one in catalogue.ids if one.startswith("tea-") or int(one[-1]) % 3 == 2}
    assert control.mutes(["Shop", "Tea"], "Lark")
    assert control.mutes(["Shop"], "Wren")
    assert not control.mutes(["Shop", "Coffee"], "Lark")
    assert Control(preferences=(Saying("word", "x", True),)).says_any
    assert not Control(personalised=False).says_any
