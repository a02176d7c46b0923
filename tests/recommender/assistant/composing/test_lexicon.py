"""How a sentence is cut into tokens, and what each of them says."""

import pytest

from recommender.assistant.composing import lexicon
from recommender.assistant.composing.lexicon import CHINESE, ENGLISH, PUNCTUATION, UNITS, Lexicon, tagged, tokens_of


@pytest.mark.parametrize(
    ("text", "language", "tokens"),
    [
        ("It’s 3.19 NOW!", "en", ["it's", "3.19", "now", "!"]),
        ("⟨t0⟩ is on pre-order.", "en", ["⟨t0⟩", "is", "on", "pre-order", "."]),
        ("$12 (USD)", "en", ["$", "12", "(", "usd", ")"]),
        ("有 茶", "en", []),
        ("⟨t12⟩还剩3件。", "zh", ["⟨t12⟩", "还", "剩", "3", "件", "。"]),
        ("88.00 CNY", "zh", ["88.00", "cny"]),
        ("", "en", []),
        (" ", "zh", []),
    ],
)
def test_tokens(text: str, language: str, tokens: list[str]) -> None:
    assert tokens_of(text, language) == tokens


@pytest.mark.parametrize(
    ("text", "language", "tags"),
    [
        ("⟨t0⟩ costs 3", "en", ["mark", "cost", "figure"]),
        ("you bought it", "en", ["plain", "bought", "plain"]),
        ("less expensive", "en", ["cheaper"]),
        ("least expensive", "en", ["cheapest"]),
        ("most expensive", "en", ["dearest"]),
        ("more expensive than", "en", ["dearer", "than"]),
        ("not in stock", "en", ["sold_out"]),
        ("not", "en", ["unknown"]),
        ("the best", "en", ["plain", "unknown"]),
        ("2 different days", "en", ["figure", "often"]),
        ("both, by", "en", ["all", "plain", "by"]),
        ("⟨t0⟩现在有货", "zh", ["mark", "cost", "in_stock"]),
        ("没有货", "zh", ["sold_out"]),
        ("没", "zh", ["unknown"]),
        ("最便宜", "zh", ["cheapest"]),
        ("便宜", "zh", ["cheaper"]),
        ("比⟨t1⟩贵", "zh", ["than", "mark", "dearer"]),
        ("还剩3件", "zh", ["left", "figure", "left"]),
        ("目前", "zh", ["cost"]),
        ("目前的", "zh", ["plain"]),  # a longer word that says nothing goes first
        ("免费", "zh", ["unknown", "unknown"]),
    ],
)
def test_what_tokens_say(text: str, language: str, tags: list[str]) -> None:
    assert [tag for _, tag in tagged(tokens_of(text, language), language)] == tags


def test_a_phrase_is_one_token() -> None:
    assert tagged(["out", "of", "stock", "now"], "en") == [("out of stock", "sold_out"), ("now", "cost")]
    assert tagged(list("卖完了"), "zh") == [("卖 完 了", "sold_out")]
    assert tagged([], "en") == []


@pytest.mark.parametrize(
    ("unit", "language", "currency", "tag"),
    [
        ("$", "en", "USD", "unit"),
        ("dollars", "en", "USD", "unit"),
        ("元", "zh", "CNY", "unit"),
        ("€", "en", "USD", "unknown"),
        ("元", "zh", "USD", "unknown"),
        ("$", "en", "", "unknown"),
        ("$", "en", "XTS", "unknown"),
    ],
)
def test_money_is_known_in_its_own_currency_alone(unit: str, language: str, currency: str, tag: str) -> None:
    assert tagged([unit], language, currency) == [(unit, tag)]


@pytest.mark.parametrize("mark", sorted(PUNCTUATION))
@pytest.mark.parametrize("language", ["en", "zh"])
def test_punctuation_says_nothing(mark: str, language: str) -> None:
    assert tagged([mark], language) == [(mark, "plain")]


@pytest.mark.parametrize(("words", "language"), [(ENGLISH, "en"), (CHINESE, "zh")])
def test_each_language_has_a_word_for_all_that_can_be_said(words: Lexicon, language: str) -> None:
    names = ("BUY", "COST", "STOCK", "SOLD_OUT", "PREORDER", "BACKORDER", "CHEAPER", "DEARER")
    more = ("CHEAPEST", "DEAREST", "LEFT", "TIMES", "THAN", "ALL")
    said = {tag for _, tag in words.phrases}
    assert {getattr(lexicon, name) for name in (*names, *more)} == said - {lexicon.BY}  # Chinese needs no "by"
    lengths = [len(phrase) for phrase, _ in words.phrases]
    assert lengths == sorted(lengths, reverse=True)
    for phrase, tag in words.phrases:
        assert tagged(list(phrase), language) == [(" ".join(phrase), tag)]


def test_no_currency_has_the_unit_of_another() -> None:
    units = [unit for names in UNITS.values() for unit in names]
    assert len(units) == len(set(units))
