"""The desk's answer as `/assistant` sends it."""

from recommender.assistant.answer_parts import Part, Source
from recommender.assistant.catalogue_desk import Proposal
from recommender.assistant.goods import Good
from recommender.assistant.pipeline import Answer
from services.assistant.response import respond

FAQ = Part("faq", "Within 30 days.", (Source("faq", "returns", "Returns", 0.8),))
GOODS = Part("catalogue", "We have it.", (Source("item", "tea-0", "Tea"),), composed_by="llm")


def test_parts_and_sources_keep_their_order_and_are_marked() -> None:
    sent = respond(Answer((FAQ, GOODS), confidence=0.8), "en")
    assert sent.answer == "Within 30 days.\n\nWe have it."
    assert [(part.kind, part.composed_by) for part in sent.parts] == [("faq", "template"), ("catalogue", "llm")]
    assert [(one.kind, one.id, one.score) for one in sent.sources] == [("faq", "returns", 0.8), ("item", "tea-0", None)]
    assert (sent.composed_by, sent.confidence, sent.action, sent.handover) == ("llm", 0.8, None, False)


def test_a_proposal_becomes_an_action_to_confirm() -> None:
    proposal = Proposal(Good("tea-0", "Tea", 2.5), 3)
    action = respond(Answer((GOODS,), proposal=proposal), "en").action
    assert action is not None
    assert (action.kind, action.item_id, action.title, action.price, action.quantity) == (
        "add_to_basket",
        "tea-0",
        "Tea",
        2.5,
        3,
    )


def test_what_the_answer_was_made_without_is_sorted() -> None:
    assert respond(Answer((FAQ,)), "en", {"search", "llm"}).degraded == ["llm", "search"]


def test_any_language_but_chinese_is_sent_as_english() -> None:
    assert [respond(Answer((FAQ,)), language).language for language in ("zh", "en", "de")] == ["zh", "en", "en"]
