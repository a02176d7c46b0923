"""Who belongs to which arm, and what an experiment may be."""

from datetime import UTC, datetime

import pytest

from recommender.experiments.arms import Arm, Experiment, ExperimentError, read_arms

NOW = datetime(2026, 3, 1, tzinfo=UTC)
HALVES = (Arm("as ever", 0.5), Arm("diverse", 0.5, {"diversity": 0.3}))


def counted(experiment: Experiment, units: int = 20_000) -> dict[str | None, int]:
    arms = [arm.name if (arm := experiment.arm_of(f"u{unit}")) else None for unit in range(units)]
    return {name: arms.count(name) for name in set(arms)}


def test_shoppers_divide_by_the_shares_and_stay_where_they_are() -> None:
    experiment = Experiment("mar", (Arm("a", 0.1), Arm("b", 0.6)), NOW)
    counts = counted(experiment)
    assert abs(counts["a"] - 2_000) < 150
    assert abs(counts["b"] - 12_000) < 250
    assert abs(counts[None] - 6_000) < 250
    assert counts == counted(experiment)


def test_another_experiment_divides_otherwise() -> None:
    first, second = Experiment("one", HALVES, NOW), Experiment("two", HALVES, NOW)
    both = sum(first.arm_of(f"u{unit}") == second.arm_of(f"u{unit}") for unit in range(10_000))
    assert abs(both - 5_000) < 250


def test_arms_are_read_as_they_are_written_in_a_command() -> None:
    arms = read_arms(["everybody's=0.1,personalised=false", "diverse=0.5, diversity=0.3,include_bought=true"])
    assert arms[0] == Arm("everybody's", 0.1, {"personalised": False})
    assert arms[1] == Arm("diverse", 0.5, {"diversity": 0.3, "include_bought": True})


@pytest.mark.parametrize(
    ("texts", "told"),
    [
        (["a"], "write NAME=SHARE"),
        (["a=half"], "a=half is no number"),
        (["a=0"], "its share is 0"),
        (["a=0.5,colour=red"], "'colour' is none of personalised"),
        (["a=0.5,diversity=2"], "diversity is 2.0; give 0 to 1"),
        (["a=0.5,personalised=perhaps"], "personalised is 'perhaps'"),
        (["=0.5"], "give it a name"),
    ],
)
def test_an_arm_that_cannot_be_says_why(texts: list[str], told: str) -> None:
    with pytest.raises(ExperimentError, match=told):
        read_arms(texts)


@pytest.mark.parametrize(
    ("arms", "told"),
    [
        ((Arm("a", 0.5),), "compare 2 to"),
        ((Arm("a", 0.5), Arm("a", 0.5)), "one name"),
        ((Arm("a", 0.5), Arm("b", 0.6)), "more than 1 together"),
    ],
)
def test_an_experiment_that_cannot_be_says_why(arms: tuple[Arm, ...], told: str) -> None:
    with pytest.raises(ExperimentError, match=told):
        Experiment("mar", arms, NOW)
