"""Accounts that a person has brought back, and judged again."""

from datetime import UTC, datetime

from sqlalchemy.orm import Session

from recommender.store.kept_accounts import judge_again, keep_accounts, kept_accounts

NOW = datetime(2026, 3, 1, tzinfo=UTC)


def test_an_account_is_brought_back_once_and_can_be_judged_again(session: Session) -> None:
    assert kept_accounts(session) == set()
    assert keep_accounts(session, ["ann", "bob", "ann"], NOW) == 2
    session.flush()
    assert keep_accounts(session, ["bob", "cat"], NOW) == 1
    session.flush()
    assert kept_accounts(session) == {"ann", "bob", "cat"}
    assert judge_again(session, ["ann", "gone", "ann"]) == 1
    assert kept_accounts(session) == {"bob", "cat"}
    assert judge_again(session, []) == 0
    assert keep_accounts(session, ["ann"], NOW) == 1
