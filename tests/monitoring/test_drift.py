"""The whole check on a small real shop with a real model, where four shoppers take up a taste they never had."""

import json
from collections.abc import Iterator
from datetime import datetime, timedelta
from html import escape
from typing import Any

import pytest
from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from features.building.pipeline import build_features
from features.partitions import path_of
from monitoring.drift import DriftError, DriftParams, check_drift
from recommender.db.engine import close_engines, session_scope
from recommender.db.tables import DriftedUser, DriftRun, Event, ImpressionEvidence, Recommendation
from recommender.drift.runs import drifted_users, find_run, mark_refreshed
from recommender.models.bundle import ModelBundle
from recommender.profiles.profile import build_profiles
from recommender.settings import Settings, get_settings
from recommender.store.queries import add_events, load_histories, next_versions, save_profiles
from tests.support.commands import zhiyin
from tests.support.servers.databases import install_tables
from tests.support.shops.shop import CATEGORIES, SHOP_FROM, SHOP_UNTIL, SHOPPERS, leaning
from tests.support.shops.trained import install_shop

WEEK = timedelta(days=7)
CHANGED = ["u0", "u1", "u2", "u3"]
SILENT = ["u38", "u39"]  # they do nothing in the last week
POPULAR = "Among the shop's most popular items of late."
SHOP_WEEK = DriftParams.of(
    current_from=SHOP_UNTIL - WEEK,
    current_until=SHOP_UNTIL,
    reference_from=SHOP_UNTIL - 6 * WEEK,
    reference_until=SHOP_UNTIL - WEEK,
)


def new_tastes() -> list[dict[str, object]]:
    """Twelve purchases each, in the last two days, of the category opposite to the shopper's own."""
    return [
        {
            "event_id": f"new-{user}-{place}",
            "user_id": user,
            "item_id": f"{CATEGORIES[(number + 3) % len(CATEGORIES)].lower()}-{place % 10}",
            "event_type": "purchase",
            "value": 3.0,
            "time": SHOP_UNTIL - timedelta(hours=30 - place),
        }
        for number, user in enumerate(CHANGED)
        for place in range(12)
    ]


def answers() -> list[Recommendation | ImpressionEvidence]:
    """Each shopper was shown six items of their own category in each week; why is kept of one shopper a day."""
    made = list[Recommendation | ImpressionEvidence]()
    for week in range(6):
        for user in range(SHOPPERS):
            moment = SHOP_UNTIL - (week + 1) * WEEK + timedelta(hours=4 * (user % 40))
            name, category = f"answer-{week}-{user}", leaning(user).lower()
            items = [{"item_id": f"{category}-{place}", "score": 0.9 - place / (10 + user)} for place in range(6)]
            why: dict[str, Any] = {"reason": POPULAR, "explained_by": "template", "rules": []}
            why |= {"evidence": [{"source": "popular", "item_ids": [], "event_ids": [], "attributes": {}}]}
            row = {"recommendation_id": name, "user_id": f"u{user}", "scenario": "home", "model_version": "shop-1"}
            made.append(Recommendation(**row, profile_version=1, items=items, evidence_id=name, time=moment))
            kept = {"evidence_id": name, "user_id": f"u{user}", "language": "en", "size": 1, "time": moment}
            made.append(ImpressionEvidence(**kept, items=[one | why for one in items]))
    return made


def refresh(bundle: ModelBundle, users: list[str], as_of: datetime, reason: str) -> None:
    with session_scope() as session:
        histories, versions = load_histories(session, users, as_of), next_versions(session, users)
        shoppers = [(user, histories[user], versions[user]) for user in users if user in histories]
        save_profiles(session, build_profiles(bundle, shoppers, as_of), reason, as_of)


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ModelBundle]:
    """The shop with features built and profiles as of a week before its end."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("ZHIYIN_HOME", str(tmp_path_factory.mktemp("shop") / "var"))
        patch.delenv("ZHIYIN_DATABASE_URL", raising=False)
        _forget()
        install_tables()
        bundle = install_shop(get_settings())
        with session_scope() as session:
            add_events(session, new_tastes())
            session.add_all(answers())
            _silence(session, SILENT)
        build_features(SHOP_FROM, SHOP_UNTIL)
        refresh(bundle, [f"u{user}" for user in range(SHOPPERS)], SHOP_WEEK.current_from, "retrain")
        yield bundle
    _forget()


@pytest.fixture(scope="module")
def run_id(shop: ModelBundle) -> str:
    return check_drift(SHOP_WEEK)


def _forget() -> None:
    get_settings.cache_clear()
    close_engines()


def _silence(session: Session, users: list[str]) -> None:
    for event in session.scalars(select(Event).where(Event.user_id.in_(users), Event.time >= SHOP_WEEK.current_from)):
        session.delete(event)


def rows() -> list[tuple[object, ...]]:
    with session_scope() as session:
        found = session.execute(select(DriftedUser.drift_run_id, DriftedUser.user_id, DriftedUser.distance))
        return sorted(tuple(row) for row in found)


def test_those_who_changed_are_found_and_the_silent_are_not(shop: ModelBundle, run_id: str) -> None:
    found = drifted_users(run_id)
    assert set(CHANGED) <= set(found)
    assert not set(SILENT) & set(found)
    run = find_run(run_id)
    assert run is not None
    shoppers = run.details["shoppers"]
    assert shoppers["checked"] == SHOPPERS - len(SILENT)
    assert shoppers["drifted_count"] == len(found) == run.users_drifted
    assert len(found) <= len(CHANGED) + 4  # the false alarms that were asked for, and a little luck
    assert run.details["activity"]["shoppers"] == SHOPPERS
    assert shoppers["ordinary_changes"] > 100
    assert run.details["model_version"] == shop.model_version
    assert run.details["as_of"] <= SHOP_UNTIL.isoformat()


def test_the_report_lies_where_the_row_says(shop: ModelBundle, run_id: str) -> None:
    run = find_run(run_id)
    assert run is not None
    html = get_settings().reports_dir / run.report_path
    page = html.read_text(encoding="utf-8")
    assert "purchases_7d" in page
    seen_first = page[page.index("<body>") :].partition("</section>")[0]
    shoppers = run.details["shoppers"]
    assert (
        f"<h1 style='font-size:1.4rem;margin:0'>{'Drift' if run.details['drifted'] else 'No drift'}</h1>" in seen_first
    )
    assert f"{shoppers['drifted_count']} of {shoppers['checked']}</td>" in seen_first
    assert escape(run.details["sentence"]) in seen_first
    assert not any(user in seen_first for user in drifted_users(run_id)), "a report is kept for long"
    figures = json.loads((html.parent / "report.json").read_text(encoding="utf-8"))["summary"]
    assert figures["behaviour"]["share"] == run.share
    assert set(figures["profiles"]["columns"]) == {f"profile_{place:02d}" for place in range(shop.width)}


def test_what_was_answered_is_watched_too(shop: ModelBundle, run_id: str) -> None:
    run = find_run(run_id)
    assert run is not None
    answered, scores = run.details["answers"], run.details["scores"]
    assert (answered["answers"], answered["shoppers"]) == (SHOPPERS, SHOPPERS)
    figures = answered["figures"]
    assert set(figures) == {"ndcg", "coverage", "outdated", "unexplained"}  # nothing was counted of failures
    assert 0 < figures["ndcg"]["value"] < 1
    assert len(figures["coverage"]["ordinary"]) == len(run.details["reference_ends"])
    assert figures["coverage"]["value"] == pytest.approx(min(figures["coverage"]["ordinary"]), abs=0.05)
    assert answered["sentences"]["problems"] == {}
    assert answered["sentences"]["checked"] == SHOPPERS
    assert answered["ndcg_by_model"].keys() == {"shop-1"}
    assert set(scores["columns"]) == {"first_score", "mean_score"} & set(scores["columns"])
    assert not scores["drifted"]
    page = (get_settings().reports_dir / run.report_path).read_text(encoding="utf-8")
    seen_first = page[page.index("<body>") :].partition("</section>")[0]
    assert "Quality of answers: NDCG@20 against what was then bought" in seen_first
    assert "answers: ndcg" in page
    assert "Components of the profiles&#x27; vectors, as a group" in seen_first


def test_the_same_check_after_its_refresh_changes_nothing(shop: ModelBundle, run_id: str) -> None:
    before, run = rows(), find_run(run_id)
    assert run is not None
    found = drifted_users(run_id)
    refresh(shop, found, datetime.fromisoformat(run.details["as_of"]), f"drift:{run_id}")
    mark_refreshed(run_id, found)

    assert check_drift(SHOP_WEEK) == run_id
    again = find_run(run_id)
    assert again is not None
    assert rows() == before
    assert drifted_users(run_id, waiting=True) == []
    assert (again.drifted, again.share, again.users_refreshed) == (run.drifted, run.share, len(found))
    with session_scope() as session:
        assert len(session.scalars(select(DriftRun)).all()) == 1


def test_a_shopper_refreshed_by_another_check_has_not_drifted(shop: ModelBundle) -> None:
    """The profile in service counts, whoever built it: a stricter check of the same days finds them up to date."""
    refresh(shop, CHANGED, SHOP_UNTIL - timedelta(seconds=1), "event")
    strict = SHOP_WEEK.model_copy(update={"false_alarm": 0.04})
    assert not set(CHANGED) & set(drifted_users(check_drift(strict)))


def moved(**days: int) -> DriftParams:
    """The shop's week with these of its moments moved by so many days."""
    return DriftParams.of(**{
        name: moment + timedelta(days=days.get(name, 0)) for name, moment in SHOP_WEEK if isinstance(moment, datetime)
    })  # fmt: skip


def test_profiles_that_are_younger_than_the_days_are_up_to_date(shop: ModelBundle) -> None:
    """The model's first profiles were built after these days: they know them, and nobody is without a profile."""
    back = dict.fromkeys(("current_from", "current_until", "reference_from", "reference_until"), -21)
    run = find_run(check_drift(moved(**back)))
    assert run is not None
    assert (run.users_drifted, run.details["shoppers"]["checked"], run.details["drifted"]) == (0, 0, False)
    assert "nobody did anything that the profile in service doesn't know" in run.details["sentence"]


def test_days_that_the_features_have_not_are_refused(shop: ModelBundle) -> None:
    newer = moved(current_from=2, current_until=2)
    with session_scope() as session:
        event = {"event_id": "unbuilt", "user_id": "u7", "event_type": "view", "time": SHOP_UNTIL + timedelta(hours=30)}
        add_events(session, [event])
    with pytest.raises(DriftError, match=r"^current_until: 2026-05-03 lies beyond the data.*run `features`"):
        check_drift(newer)
    with session_scope() as session:
        session.execute(delete(Event).where(Event.event_id == "unbuilt"))
    path = path_of("events", (SHOP_UNTIL - 3 * timedelta(days=1)).date())
    kept = path.read_bytes()
    path.unlink()
    with pytest.raises(DriftError, match=r"^current_until: 2026-04-28 has events but no features; run `features`"):
        check_drift(SHOP_WEEK)
    path.write_bytes(kept)


@pytest.mark.parametrize(
    ("days", "named"), [(14, "current_from: no events"), (-110, "reference_from: the reference shows only")]
)
def test_days_that_cannot_be_compared_are_refused(shop: ModelBundle, days: int, named: str) -> None:
    everything = dict.fromkeys(("current_from", "current_until", "reference_from", "reference_until"), days)
    with pytest.raises(DriftError, match=named):
        check_drift(moved(**everything))


def test_without_a_model_it_says_what_to_do(home: Settings) -> None:
    install_tables()
    with pytest.raises(DriftError, match=r"^model: none is in service.*retrain"):
        check_drift(SHOP_WEEK)


def test_the_command_line(shop: ModelBundle) -> None:
    def run(*arguments: str) -> tuple[int, str]:
        result = zhiyin("drift", *arguments)
        return result.exit_code, result.output

    code, said = run("check", "--reference-days", "35")
    assert (code, "shoppers moved farther" in said) == (0, True), said
    run_id = said.split()[0]
    assert run_id in run("list")[1]
    kept = find_run(run_id)
    assert kept is not None
    shown = json.loads(run("show", run_id, "--json")[1])["shoppers"]
    assert shown == kept.details["shoppers"]
    assert 0 < shown["checked"] <= SHOPPERS - len(SILENT)  # tests before this one refreshed some
    assert run("show")[0] == 0
    for wrong, field in (
        (("check", "--until", "soon"), "until: 'soon'"),
        (("check", "--reference-days", "8"), "reference_from: "),
        (("check", "--false-alarm", "2"), "false_alarm: "),
        (("show", "nothing"), "run: there is no drift run nothing"),
    ):
        code, said = run(*wrong)
        assert code == 2, said
        assert field in said
