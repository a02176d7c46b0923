"""Which FAQ entry answers a question, by shared words and by meaning."""

import pytest

from recommender.assistant.faq import SURE, Entry, FaqIndex, Match, stem, terms
from tests.support.shops.trained import shop_encoder

RETURNS = Entry("1", "What is your return policy?", "Send goods back within 30 days.", "en")
DELIVERY = Entry("2", "How long does shipping take?", "Three to five days.", "en")
RETURNS_ZH = Entry("3", "怎么退货？", "收到商品后30天内可以退货。", "zh")
DELIVERY_ZH = Entry("4", "多久能送到？", "一般三到五天送达。", "zh")


@pytest.fixture(scope="module")
def index() -> FaqIndex:
    return FaqIndex([RETURNS, DELIVERY, RETURNS_ZH, DELIVERY_ZH], shop_encoder())


@pytest.mark.parametrize(
    ("question", "language", "entry"),
    [
        ("what is the policy for returns?", "en", RETURNS),
        ("when will my parcel arrive?", "en", DELIVERY),
        ("买错了想退", "zh", RETURNS_ZH),
        ("快递要几天到", "zh", DELIVERY_ZH),
    ],
)
def test_the_nearest_entry_of_the_language_comes_first(
    index: FaqIndex, question: str, language: str, entry: Entry
) -> None:
    assert index.best(question, language)[0].entry == entry


def test_only_entries_of_the_language_are_given_best_first(index: FaqIndex) -> None:
    found = index.best("how do returns work?", "en")
    assert {match.entry.language for match in found} == {"en"}
    assert [match.score for match in found] == sorted((match.score for match in found), reverse=True)
    assert len(index.best("how do returns work?", "en", count=1)) == 1


def test_nothing_is_found_for_an_empty_question_or_a_language_without_entries(index: FaqIndex) -> None:
    assert index.best("   ", "en") == []
    assert FaqIndex([RETURNS], None).best("怎么退货", "zh") == []


def test_the_same_question_shares_all_words_without_an_encoder() -> None:
    match = FaqIndex([RETURNS, DELIVERY], None).best(RETURNS.question, "en")[0]
    assert match.entry == RETURNS
    assert match.score == pytest.approx(1)


def test_a_question_that_shares_no_word_scores_nothing_without_an_encoder() -> None:
    assert FaqIndex([DELIVERY], None).best("refund", "en")[0].score == 0


@pytest.mark.parametrize("language", ["en", "zh"])
def test_an_entry_is_sure_from_the_threshold_of_its_language_on(language: str) -> None:
    entry = Entry("1", "?", "!", language)
    assert Match(entry, SURE[language]).sure
    assert not Match(entry, SURE[language] - 0.01).sure


def test_terms_are_stemmed_words_or_pairs_of_characters_with_affairs() -> None:
    assert terms("Returned GOODS", "en") == ["return", "good"]
    assert terms("退货", "zh") == ["退货", "#return", "#return"]
    assert terms("天气", "zh") == ["天气"]


def test_short_words_keep_their_endings() -> None:
    assert [stem(word) for word in ("bags", "ordered", "shipping")] == ["bags", "order", "shipp"]
