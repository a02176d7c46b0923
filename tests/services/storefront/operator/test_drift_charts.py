"""Charts of drift: bars and lines within the picture, whatever the figures are."""

from datetime import UTC, datetime, timedelta

import pytest

from services.storefront.operator.drift_charts import HEIGHT, WIDTH, draw_histogram, draw_trend

DAY = datetime(2026, 1, 5, tzinfo=UTC)


def test_a_trend_has_a_bar_a_run_and_the_widest_share_is_as_tall_as_the_picture() -> None:
    chart = draw_trend([(DAY, 0.0, False), (DAY + timedelta(days=7), 0.5, True)])
    assert [bar.is_alarmed for bar in chart.bars] == [False, True]
    assert (chart.bars[0].tall, chart.bars[1].tall) == (1, HEIGHT)
    assert chart.bars[1].left == WIDTH / 2
    assert chart.ends == ("2026-01-05", "2026-01-12")
    assert chart.bars[1].label == "2026-01-12: 50.0%"


def test_small_shares_look_small() -> None:
    assert draw_trend([(DAY, 0.01, False)]).bars[0].tall < HEIGHT / 5


def test_a_trend_of_no_run_or_one_names_no_ends() -> None:
    assert draw_trend([]).bars == ()
    assert draw_trend([]).ends == draw_trend([(DAY, 0.2, False)]).ends == ("", "")


def test_a_histogram_marks_what_is_beyond_the_threshold() -> None:
    counted = {"edges": [0.0, 0.1, 0.2, 0.3], "found": [0.5, 0.25, 0.25], "ordinary": [0.9, 0.1, 0.0]}
    chart = draw_histogram(counted, threshold=0.1)
    assert [bar.is_alarmed for bar in chart.bars] == [False, True, True]
    assert all(0 <= bar.tall <= HEIGHT and bar.left >= 0 and bar.left + bar.wide <= WIDTH for bar in chart.bars)
    assert [round(height) for _, height in chart.line] == [0, round(HEIGHT * (1 - 0.1 / 0.9)), HEIGHT]
    assert chart.upright is not None
    assert chart.upright[0] == pytest.approx(WIDTH / 3)
    assert chart.upright[1] == "0.100"
    assert chart.ends == ("0", "0.300")


def test_a_threshold_beyond_all_that_was_found_stands_at_the_edge_and_no_shares_make_no_error() -> None:
    nothing = {"edges": [0.0, 0.1], "found": [0.0], "ordinary": [0.0]}
    chart = draw_histogram(nothing, threshold=5.0)
    assert chart.upright == (WIDTH, "5.000")
    assert chart.bars[0].tall == 0
