"""Facts: what evidence, titles and the shopper's own doings come to, and nothing else."""

from datetime import UTC, datetime

import pytest

from recommender.explain.facts import Fact, ItemDescription, facts_of, fingerprint, format_date, tidy
from recommender.explain.templates import Action, SentenceContext
from recommender.ranking.evidence import Evidence

DAY = datetime(2026, 3, 4, 9, tzinfo=UTC)
ABOUT = {
    "tea": ItemDescription("Green “tea”\n20 bags", "Tea"),
    "pot": ItemDescription("Tea pot", "Tea"),
    "cup": ItemDescription("杯子", "杯"),
}
KNOWN = SentenceContext(
    lambda item_id: ABOUT[item_id].title,
    {
        "tea": [Action("view", DAY), Action("purchase", DAY), Action("purchase", DAY.replace(day=9))],
        "cup": [Action("favorite", DAY)],
    },
)


def facts(item_id: str, *evidence: Evidence) -> tuple[Fact, ...]:
    found = facts_of(KNOWN, item_id, evidence, ABOUT.__getitem__)
    return found.facts if found is not None else ()


def test_the_evidence_that_speaks_most_plainly_is_told() -> None:
    popular, repeat = Evidence("popular"), Evidence("repeat", ("tea",))
    assert facts("tea", popular, repeat) == (Fact("again", (), "purchase", 2, DAY.replace(day=9)),)
    assert facts("pot", popular, Evidence("repeat", ("pot",))) == (Fact("popular"),)  # nothing was done with the pot


def test_what_led_there_is_told_with_what_was_done_with_it() -> None:
    assert facts("pot", Evidence("transitions", ("cup",))) == (Fact("transitions", ("杯子",), "favorite"),)
    assert facts("cup", Evidence("text", ("pot", "tea"))) == (Fact("text", ("Green 'tea' 20 bags",), "purchase"),)
    assert facts("cup", Evidence("text", ("pot",))) == (Fact("text", ("Tea pot",)),)


def test_a_category_in_common_is_a_fact_of_its_own() -> None:
    assert facts("pot", Evidence("transitions", ("tea",)))[1:] == (Fact("shared", ("Tea",)),)
    assert facts("pot", Evidence("transitions", ("cup",)))[1:] == ()


def test_how_the_item_looked_at_led_there_is_kept() -> None:
    for by, kind in (("text", "context_text"), ("image", "context_image"), ("", "context")):
        found = facts("pot", Evidence("context", ("cup",), attributes={"by": by}))
        assert found == (Fact(kind, ("杯子",)),)
    assert facts("pot", Evidence("together", ("cup",))) == (Fact("context", ("杯子",)),)


@pytest.mark.parametrize("source", ["companions", "words", "topic", "search", "wish", "demographic", "trusted"])
def test_evidence_that_is_told_by_the_deterministic_sentence_alone_is_no_fact(source: str) -> None:
    assert facts("pot", Evidence(source, ("cup",), attributes={"query": "x", "wish": "x"})) == ()


def test_an_item_is_no_reason_for_itself() -> None:
    assert facts("tea", Evidence("text", ("tea",))) == ()
    assert facts("tea") == ()


def test_a_fingerprint_tells_evidence_apart_whatever_its_order() -> None:
    one, two = Evidence("text", ("a", "b"), ("e1",)), Evidence("popular")
    assert fingerprint("m", [one, two]) == fingerprint("m", [two, one])
    prints = {
        fingerprint("m", [one]),
        fingerprint("m2", [one]),
        fingerprint("m", [Evidence("text", ("a",), ("b", "e1"))]),
        fingerprint("m", [Evidence("text", ("b", "a"), ("e1",))]),
        fingerprint("m", [Evidence("text", ("ab",), ("e1",))]),
        fingerprint("m", []),
    }
    assert len(prints) == 6


def test_days_and_titles_as_sentences_write_them() -> None:
    assert format_date(DAY, "en") == "4 March 2026"
    assert format_date(DAY, "zh") == "2026年3月4日"
    assert tidy(" “a”\x00\n b\x7f ") == "'a' b"
