"""What was found of answers, as a person reads it."""

from monitoring.answers.names import (
    COVERAGE,
    OUTDATED,
    QUALITY,
    TITLES,
    describe_answers,
    describe_figure,
    worse_figures,
)

FIGURES = {
    QUALITY: {"value": 0.0421, "ordinary": [0.05, 0.061], "units": 1200, "unit": "shoppers", "drifted": True},
    COVERAGE: {"value": 0.25, "ordinary": [0.25, 0.25], "units": 1200, "unit": "shoppers", "drifted": False},
    OUTDATED: {"value": 0.5, "ordinary": [], "units": 12, "unit": "shoppers", "drifted": False},
}


def test_a_figure_stands_beside_what_is_ordinary() -> None:
    assert describe_figure(QUALITY, FIGURES[QUALITY]) == "0.042 of 1,200 shoppers, ordinarily 0.050 to 0.061"
    assert describe_figure(COVERAGE, FIGURES[COVERAGE]) == "25.0% of 1,200 shoppers, ordinarily 25.0%"
    assert describe_figure(OUTDATED, FIGURES[OUTDATED]) == "50.0% of 12 shoppers; nothing ordinary to compare with"


def test_the_worse_ones_are_named_alone() -> None:
    described = describe_answers({"figures": FIGURES})
    assert [(title, moved) for title, _, moved in described] == [
        (TITLES[QUALITY], True),
        (TITLES[COVERAGE], False),
        (TITLES[OUTDATED], False),
    ]
    assert worse_figures({"figures": FIGURES}) == f"{TITLES[QUALITY]}: {described[0][1]}"


def test_days_without_answers_say_so() -> None:
    assert describe_answers({"figures": {}}) == [("Answers", "none in these days", False)]
    assert worse_figures({"figures": {}}) == ""
