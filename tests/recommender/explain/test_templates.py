"""Sentences say what the evidence says, and no more."""

from datetime import UTC, datetime

import pytest

from recommender.explain.templates import Action, SentenceContext, explain
from recommender.ranking.evidence import Evidence

DAY = datetime(2026, 3, 4, tzinfo=UTC)
TITLES = {"tea": "Green tea", "cup": "Cup", "pot": "Tea pot", "tin": "Tin"}
KNOWN = SentenceContext(
    lambda item_id: TITLES[item_id],
    {
        "tea": [Action("view", DAY), Action("purchase", DAY), Action("purchase", DAY.replace(day=9))],
        "cup": [Action("cart", DAY)],
        "pot": [Action("purchase", DAY)],
        "tin": [Action("view", DAY), Action("favorite", DAY), Action("view", DAY.replace(day=9))],
    },
)


SENTENCES = [
    (
        "tea",
        Evidence("repeat", ("tea",)),
        "You bought this on 2 days, the last time on 9 March 2026.",
        "您在2天里买过这件，最近一次是2026年3月9日。",
    ),
    (
        "pot",
        Evidence("repeat", ("pot",)),
        "You bought this before, the last time on 4 March 2026.",
        "您在2026年3月4日买过这件。",
    ),
    (
        "cup",
        Evidence("repeat", ("cup",)),
        "You put this in your basket on 4 March 2026.",
        "您在2026年3月4日把这件加入过购物车。",
    ),
    (
        "tin",
        Evidence("repeat", ("tin",)),
        "You saved this on 4 March 2026.",
        "您在2026年3月4日收藏过这件。",
    ),
    (
        "x",
        Evidence("companions", ("tin",)),
        "Shoppers who choose “Tin”, which you saved, choose this too.",
        "选择您收藏过的“Tin”的顾客，也会选这件。",
    ),
    (
        "x",
        Evidence("transitions", ("cup",)),
        "Shoppers who choose “Cup”, which you put in your basket, often go on to this.",
        "选择您加入过购物车的“Cup”的顾客，接着常会选这件。",
    ),
    (
        "x",
        Evidence("text", ("tea",)),
        "It is much like “Green tea”, which you bought.",
        "与您买过的“Green tea”很相似。",
    ),
    (
        "x",
        Evidence("image", ("cup",)),
        "It looks much like “Cup”, which you put in your basket.",
        "看上去很像您加入过购物车的“Cup”。",
    ),
    (
        "x",
        Evidence("context", ("tea",), (), {"by": "image"}),
        "It looks much like “Green tea”.",
        "看上去很像“Green tea”。",
    ),
    (
        "x",
        Evidence("sequence", ("tea", "pot")),
        "It fits what you bought lately: “Green tea” and “Tea pot”.",
        "符合您最近买过的“Green tea”和“Tea pot”。",
    ),
    ("x", Evidence("context", ("tea",)), "Often chosen together with “Green tea”.", "常与“Green tea”一起选购。"),
    ("x", Evidence("context", ("tea",), (), {"by": "text"}), "It is much like “Green tea”.", "与“Green tea”很相似。"),
    ("x", Evidence("popular"), "Among the shop's most popular items of late.", "本店近期最受欢迎的商品之一。"),
    ("x", Evidence("new"), "New in the shop, and close to what you usually choose.", "新品，与您常选的商品相近。"),
]


@pytest.mark.parametrize(("item_id", "evidence", "english", "chinese"), SENTENCES)
def test_a_sentence_for_each_source(item_id: str, evidence: Evidence, english: str, chinese: str) -> None:
    assert explain(KNOWN, item_id, [evidence]) == english
    assert explain(KNOWN, item_id, [evidence], "zh") == chinese


def test_again_is_never_said_of_what_the_shopper_has_not_touched() -> None:
    evidence = [Evidence("repeat", ("x",)), Evidence("popular")]
    assert explain(KNOWN, "x", evidence) == "Among the shop's most popular items of late."


def test_without_evidence_nothing_is_claimed() -> None:
    assert explain(KNOWN, "x", []) == "Chosen for you from the shop's catalogue."
