"""Charts of a shopper's profile over time and of their week: what they show, drawn and as tables."""

from datetime import UTC, datetime, timedelta, timezone

import pytest

from recommender.data.history import TYPE_CODES, History
from services.container import Shop
from services.storefront.charts import TALL, draw_profile, draw_week
from services.storefront.i18n import MESSAGES
from tests.services.storefront.test_pages import markup, shown

MONDAY = datetime(2026, 3, 2, 9, tzinfo=UTC)


def history(*events: tuple[datetime, str]) -> History:
    count = len(events)
    return History.of_columns(
        [f"e{place}" for place in range(count)],
        [item_id for _, item_id in events],
        [TYPE_CODES["purchase"]] * count,
        [1.0] * count,
        [int(moment.timestamp()) for moment, _ in events],
    )


def test_the_profile_is_shown_as_it_was_at_each_moment(module_shop: Shop) -> None:
    bundle = module_shop.models.needed().bundle
    moved = history(*((MONDAY + timedelta(weeks=week), "tea-1" if week < 4 else "pets-1") for week in range(8)))
    chart = draw_profile(bundle, moved)
    assert chart is not None
    assert len(chart.bars) == 8
    assert [bar.moment for bar in chart.bars] == sorted(bar.moment for bar in chart.bars)
    tea = chart.shares(list(chart.names).index("Tea"))
    assert tea[:4] == pytest.approx([1.0] * 4)
    assert tea[4:] == sorted(tea[4:], reverse=True)
    assert tea[-1] < tea[3]
    for bar in chart.bars:
        assert sum(one.share for one in bar.slices) == pytest.approx(1.0, abs=0.01)
        assert all(one.top >= -0.01 and one.top + one.tall <= TALL for one in bar.slices)


def test_a_profile_of_one_moment_has_no_course(module_shop: Shop) -> None:
    bundle = module_shop.models.needed().bundle
    assert draw_profile(bundle, history()) is None
    assert draw_profile(bundle, history((MONDAY, "tea-1"))) is None
    unknown = history((MONDAY, "none"), (MONDAY + timedelta(weeks=9), "none"))
    assert draw_profile(bundle, unknown) is None


def test_a_week_is_by_the_clocks_of_the_shop() -> None:
    events = history((MONDAY, "tea-1"), (MONDAY + timedelta(weeks=1), "tea-1"), (MONDAY + timedelta(hours=10), "tea-1"))
    chart = draw_week(events, UTC)
    assert chart is not None
    assert chart.total == 3
    assert [[cell.count for cell in row] for row in chart.rows] == [
        [0] * 7, [2, 0, 0, 0, 0, 0, 0], [0] * 7, [1, 0, 0, 0, 0, 0, 0],
    ]  # fmt: skip
    assert [row[0].opacity for row in chart.rows] == [0.0, 1.0, 0.0, 0.57]
    ahead = draw_week(events, timezone(timedelta(hours=8)))
    assert ahead is not None
    assert [row[0].count for row in ahead.rows] == [0, 0, 2, 0]
    assert ahead.rows[0][1].count == 1
    assert draw_week(history(), UTC) is None


@pytest.mark.parametrize("language", ["en", "zh"])
def test_the_profile_page_draws_them_and_says_them_in_tables(module_shop: Shop, language: str) -> None:
    w = MESSAGES[language]
    page = shown(module_shop, view="mine", user="u1", lang=language)
    for name in ("chart_profile", "chart_profile_text", "chart_week", "chart_week_text"):
        assert w[name] in page
    assert page.count('role="img"') == 2
    for drawing in ("time", "week"):
        assert f'aria-labelledby="{drawing}-name {drawing}-text"' in page
        assert f'<table id="{drawing}-table">' in page
    assert "<script" not in page.partition("<main")[2]
    assert "style=" not in markup(module_shop, view="mine", user="u1")
    assert len(w["weekdays"].split()) == 7
    assert len(w["day_parts"].split()) == 4
