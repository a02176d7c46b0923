"""Who is writing profiles, as other processes see it."""

import os
from datetime import UTC, datetime, timedelta

from features.writing import is_writing_since_before, writing_profiles
from recommender.settings import Settings


def soon() -> datetime:
    return datetime.now(UTC) + timedelta(seconds=1)


def test_a_writer_is_seen_until_it_ends(home: Settings) -> None:
    assert not is_writing_since_before(soon())
    with writing_profiles():
        assert is_writing_since_before(soon())
    assert not is_writing_since_before(soon())


def test_who_began_later_is_not_waited_for(home: Settings) -> None:
    before = datetime.now(UTC) - timedelta(seconds=1)
    with writing_profiles():
        assert not is_writing_since_before(before)


def test_several_writers_are_waited_for_until_the_last_ends(home: Settings) -> None:
    with writing_profiles():
        with writing_profiles():
            pass
        assert is_writing_since_before(soon())


def test_a_writer_that_died_is_cleared_away(home: Settings) -> None:
    folder = home.root / "locks" / "profiles"
    folder.mkdir(parents=True)
    left = folder / f"{os.getpid()}-dead.lock"
    left.write_text("1.0")
    assert not is_writing_since_before(soon())
    assert not left.exists()
