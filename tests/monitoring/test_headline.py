"""A check's verdict in words and numbers, above the report."""

from html.parser import HTMLParser
from typing import Any

from monitoring.headline import headline, parts_of, question_of
from recommender.db.tables import DriftRun
from recommender.drift.decisions import MEANINGS


def part(moved: int, of: int, drifted: bool) -> dict[str, Any]:
    return {"columns": {f"c{n}": {"drifted": n < moved} for n in range(of)}, "drifted": drifted}


def verdict(**change: Any) -> dict[str, Any]:
    return {
        "drifted": True,
        "sentence": "Drift: <b>茶</b> & more",
        "model_version": "m<1>",
        "as_of": "2026-06-01",
        "activity": {"share": 0.256, "shoppers": 1234, "drifted": False},
        "behaviour": part(2, 5, True),
        "profiles": part(0, 32, False),
        "shoppers": {"drifted_count": 1500, "checked": 2000, "drifted": True, "threshold": 0.1234},
        **change,
    }


def test_each_part_is_told_with_what_was_found_and_whether_it_is_drift() -> None:
    assert [(found, moved) for _, found, moved in parts_of(verdict())] == [
        ("26% of 1,234", False),
        ("2 of 5 changed", True),
        ("0 of 32 changed", False),
        ("1,500 of 2,000", True),
    ]


def test_the_headline_is_html_in_which_nothing_of_the_data_is_markup() -> None:
    seen: list[str] = []

    class Reader(HTMLParser):
        def handle_starttag(self, tag: str, attrs: object) -> None:
            seen.append(tag)

    page = headline(verdict())
    Reader().feed(page)
    assert "b" not in seen
    assert "&lt;b&gt;茶&lt;/b&gt; &amp; more" in page
    assert "m&lt;1&gt;" in page
    assert seen.count("tr") == 4
    assert ">Drift<" in page
    assert ">No drift<" in headline(verdict(drifted=False))
    assert headline(verdict()) != headline(verdict(drifted=False))


def test_a_person_is_asked_with_every_answer_explained() -> None:
    run = DriftRun(drift_run_id="run-1", users_drifted=1500, details=verdict(), report_path="reports/run-1.html")
    line, body = question_of(run)
    assert line == "1,500 shoppers drifted in run-1: what now?"
    assert all(f"**{action}**: {meaning}" in body for action, meaning in MEANINGS.items())
    assert "| Shoppers who came | 26% of 1,234 | ordinary |" in body
    assert "Threshold of the distance: 0.123." in body
    assert "`/operations/run-1`" in body
