"""A reply in an LLM's words: sentences that the facts bear are kept, and the template stands where too little is."""

from dataclasses import dataclass, field

import pytest

from recommender.assistant.answer_parts import Fact, Part, Source
from recommender.assistant.composing.composer import MOST_CHARACTERS, MOST_SENTENCES, Composed, compose, split
from recommender.explain.llm import Guarded, LlmAnswer, LLMAway, Prompt

FACTS = (Fact("price", "Tea No. 5", "3.19"), Fact("in_stock", "Tea No. 5"), Fact("price", "Mug", "7.00"))
SOURCES = (Source("item", "t5", "Tea No. 5"), Source("item", "m", "Mug"))
PART = Part("catalogue", "The template.", SOURCES, FACTS)
FACTS_ZH = (Fact("price", "绿茶", "88.00"), Fact("in_stock", "绿茶"))
PART_ZH = Part("catalogue", "模板。", (Source("item", "z", "绿茶"),), FACTS_ZH)
PRICE, STOCK = "“Tea No. 5” costs 3.19.", "It is in stock."


@dataclass
class Writer:
    """An engine that always writes the same, or nothing where it has no text."""

    text: str | None
    model_id: str = "writer"
    in_process: bool = False
    asked: list[Prompt] = field(default_factory=list)

    def write(self, prompt: Prompt, seconds: float) -> LlmAnswer:
        self.asked.append(prompt)
        if self.text is None:
            raise LLMAway("timeout")
        return LlmAnswer(self.text, 9, seconds)


def composed(text: str | None, part: Part = PART, language: str = "en") -> Composed:
    return compose(Guarded(Writer(text)), "how much is the tea?", part, language, 1.0)


def test_a_reply_that_the_facts_bear_is_shown_with_the_products_it_names() -> None:
    made = composed(f"{PRICE} {STOCK}")
    assert (made.refused, made.dropped, made.written) == ("", (), LlmAnswer(f"{PRICE} {STOCK}", 9, 1.0))
    assert made.part == Part("catalogue", f"{PRICE} {STOCK}", SOURCES[:1], FACTS, "llm")


def test_chinese_sentences_are_joined_without_a_space() -> None:
    made = composed("“绿茶”现在的价格是88.00。 它有货。", PART_ZH, "zh")
    assert (made.refused, made.part.text) == ("", "“绿茶”现在的价格是88.00。它有货。")


@pytest.mark.parametrize(
    ("sentence", "why"),
    [
        ("It heals colds.", "word:heals"),
        ("“Mug” costs 3.19.", "price:3.19"),
        ("Hello!", "tells nothing"),
    ],
)
def test_a_sentence_that_fails_is_dropped_and_the_rest_kept(sentence: str, why: str) -> None:
    made = composed(f"{sentence} {PRICE}")
    assert (made.refused, made.dropped, made.part.text) == ("", (why,), PRICE)


def test_a_chinese_sentence_that_fails_is_dropped() -> None:
    made = composed("“绿茶”缺货。“绿茶”现在的价格是88.00。", PART_ZH, "zh")
    assert (made.refused, made.dropped, made.part.text) == ("", ("sold_out:绿茶",), "“绿茶”现在的价格是88.00。")


def test_a_pronoun_after_a_dropped_sentence_means_the_last_product_that_was_kept() -> None:
    made = composed(f"{PRICE} “Mug” is the best. {STOCK}")
    assert made.part.text == f"{PRICE} {STOCK}"


@pytest.mark.parametrize("text", ["", "   ", "Hello!", "“Tea No. 5” costs 9.99."])
def test_the_template_stands_where_nothing_is_told(text: str) -> None:
    made = composed(text)
    assert (made.refused, made.part) == ("untold", PART)
    assert made.written is not None


def test_the_template_stands_where_the_first_fact_is_left_out() -> None:
    assert composed("“Tea No. 5” is in stock.").refused == "untold:price"


@pytest.mark.parametrize("lead", [Fact("bought", "Tea", day="3 May 2026"), Fact("often", "Tea", "2")])
def test_a_fact_of_the_same_sort_answers_as_well_as_the_first(lead: Fact) -> None:
    other = Fact("often", "Tea", "2") if lead.kind == "bought" else Fact("bought", "Tea", day="3 May 2026")
    text = "You bought “Tea” on 2 days." if other.kind == "often" else "You bought “Tea” on 3 May 2026."
    assert composed(text, Part("orders", "The template.", (), (lead, other))).refused == ""


@pytest.mark.parametrize("kind", ["sold_out", "preorder", "backorder"])
def test_a_product_that_is_spoken_of_is_said_not_to_be_at_hand(kind: str) -> None:
    state = {"sold_out": "sold out", "preorder": "on pre-order", "backorder": "on back-order"}[kind]
    facts = {
        "sold_out": Fact("sold_out", "Tea"),
        "preorder": Fact("preorder", "Tea"),
        "backorder": Fact("backorder", "Tea"),
    }
    part = Part("catalogue", "The template.", (), (Fact("price", "Tea", "3.19"), facts[kind]))
    assert composed("“Tea” costs 3.19.", part).refused == f"untold:{kind}"
    assert composed(f"“Tea” costs 3.19. “Tea” is {state}.", part).refused == ""


def test_of_a_product_that_is_not_spoken_of_nothing_must_be_said() -> None:
    part = Part("catalogue", "The template.", (), (Fact("price", "Tea", "3.19"), Fact("sold_out", "Mug")))
    assert composed("“Tea” costs 3.19.", part).refused == ""


def test_no_more_than_so_many_sentences_are_shown() -> None:
    made = composed(" ".join([PRICE] * (MOST_SENTENCES + 2)))
    assert made.part.text == " ".join([PRICE] * MOST_SENTENCES)
    assert made.dropped == ("tells nothing",) * 2


def test_what_lies_behind_the_longest_text_is_not_read() -> None:
    made = composed("\n" * MOST_CHARACTERS + PRICE)
    assert made.refused == "untold"


def test_an_engine_without_an_answer_leaves_the_template() -> None:
    llm = Guarded(Writer(None))
    assert compose(llm, "tea?", PART, "en", 1.0) == Composed(PART, "timeout")
    assert compose(llm, "tea?", PART, "en", 1.0) == Composed(PART, "resting")


def test_the_engine_is_asked_the_question_in_the_shoppers_language() -> None:
    writer = Writer("")
    compose(Guarded(writer), "绿茶多少钱", PART_ZH, "zh", 1.0)
    assert [prompt.question.splitlines()[-1] for prompt in writer.asked] == ["顾客的问题： 绿茶多少钱"]


@pytest.mark.parametrize(
    ("text", "sentences"),
    [
        ("One. Two! Three?", ["One.", "Two!", "Three?"]),
        ("It costs 3.19 now.", ["It costs 3.19 now."]),
        ("“Tea No. 5” is in stock. Yes.", ["“Tea No. 5” is in stock.", "Yes."]),
        ("有货。便宜！吗？好", ["有货。", "便宜！", "吗？", "好"]),
        ('- One\n\n* \n""\nTwo', ["- One", "Two"]),
        ("", []),
    ],
)
def test_a_text_is_split_at_stops_outside_of_names(text: str, sentences: list[str]) -> None:
    assert split(text, FACTS) == sentences


def test_a_name_within_a_longer_one_does_not_part_it() -> None:
    facts = (Fact("price", "Mr. Tea", "1.00"), Fact("cheaper", "Mug", "1.00", other="Mr. Tea Vol. 2"))
    assert split("Mr. Tea Vol. 2 is dearer. Mr. Tea is not.", facts) == ["Mr. Tea Vol. 2 is dearer.", "Mr. Tea is not."]
