"""What a wish asks for: the longest names first, words of texts, words for the encoder, and what says nothing."""

from recommender.search.text.normalization import fold
from recommender.steering.constraints import CATEGORY, WORD
from recommender.steering.reading.tokens import tokens_of
from recommender.steering.reading.wanted_phrases import Wanted, read_wanted
from tests.support.shops.wishes import knowing


def read(wish: str, goods: str = "english", words: str = "") -> Wanted:
    known = knowing(goods, words=words)
    return read_wanted(tokens_of(fold(wish), known.vocabulary), known)


def parts(wish: str, goods: str = "english") -> list[tuple[str, tuple[str, ...], str]]:
    return [(one.constraint.kind, one.constraint.values, one.link) for one in read(wish, goods).parts]


def test_the_longest_name_is_read_first() -> None:
    assert parts("hot dogs") == [("category", ("Hot Dogs",), "")]
    assert parts("peanut butter cookies") == [
        ("word", ("peanut",), ""),
        ("word", ("butter",), ""),
        ("category", ("Cookies/Cones", "Cookies"), ""),
    ]


def test_how_parts_stand_beside_each_other_is_kept() -> None:
    assert [link for _, _, link in parts("dog food and cat food")] == ["", "joined"]
    assert [link for _, _, link in parts("cheese for dogs")] == ["", "for"]
    assert [link for _, _, link in parts("狗粮、奶酪")] == ["", "joined"]


def test_people_are_an_attribute_where_the_catalogue_sorts_by_them_and_else_for_the_encoder() -> None:
    assert ("attribute", ("women",), "for") in parts("shoes for my wife")
    assert read("茶 for my wife", "chinese").soft == ["wife"]


def test_occasions_go_to_the_encoder_and_unknown_words_are_told() -> None:
    wanted = read("birthday flurbotron 77")
    assert (wanted.parts, wanted.soft, wanted.lost) == ([], ["birthday"], ["flurbotron", "77"])
    assert read("flurbotron", words="flurbotron").soft == ["flurbotron"]


def test_a_misspelled_word_is_the_catalogue_s() -> None:
    [chocolate] = read("choclate").parts
    assert (chocolate.constraint.kind, chocolate.constraint.values) == (WORD, ("chocolate",))
    assert chocolate.constraint.quote == "choclate"


def test_a_diet_leaves_out_what_texts_speak_of() -> None:
    wanted = read("vegetarian")
    [diet] = wanted.diets
    assert (diet.kind, diet.wanted, wanted.soft) == (WORD, False, ["vegetarian"])
    assert {"beef", "fish", "chicken"} <= set(diet.values)
    assert "egg" not in diet.values
    assert (read("清真").diets, read("清真").soft) == ([], ["halal"])


def test_one_chinese_word_of_several_english_ones_is_said_once() -> None:
    [dog_food] = read("狗粮").parts
    assert (dog_food.constraint.kind, dog_food.constraint.quote) == (CATEGORY, "狗粮")


def test_fillers_alone_want_nothing() -> None:
    for wish in ("", "I want something nice please", "给我找点好的"):
        wanted = read(wish)
        assert (wanted.parts, wanted.soft, wanted.lost, wanted.diets) == ([], [], [], []), wish
