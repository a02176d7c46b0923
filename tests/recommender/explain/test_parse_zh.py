"""What is read of Chinese sentences whose facts are marked."""

import pytest

from recommender.explain.parse_zh import read_chinese


def claims(marked: str) -> set[tuple[str, str, str]]:
    reading = read_chinese(marked)
    assert reading.unknown == "", reading.unknown
    return {(one.kind, one.value, one.about) for one in reading.claims}


@pytest.mark.parametrize(
    ("marked", "deed"),
    [
        ("您买过⟨I⟩。", ("deed", "purchase", "I")),
        ("您购买过⟨O⟩。", ("deed", "purchase", "O")),
        ("您把⟨O⟩加入过购物车。", ("deed", "cart", "O")),
        ("您给⟨O⟩评过分。", ("deed", "rating", "O")),
        ("这件商品与您收藏过的⟨O⟩很相似。", ("deed", "favorite", "O")),
        ("您看过这件商品。", ("deed", "view", "I")),
    ],
)
def test_who_did_what_with_which_item(marked: str, deed: tuple[str, str, str]) -> None:
    assert deed in claims(marked)


def test_the_longest_word_is_read() -> None:
    assert ("looks", "看上去很像", "I") in claims("⟨I⟩看上去很像⟨O⟩。")
    assert not [one for one in claims("⟨I⟩看上去很像⟨O⟩。") if one[0] == "like"]
    assert {kind for kind, _, _ in claims("⟨I⟩是本店最受欢迎的商品之一。")} == {"popular"}


def test_a_number_needs_its_unit_and_blanks_do_not_count() -> None:
    assert read_chinese("您在⟨N⟩里买过⟨I⟩").unknown == "a number without its unit"
    assert read_chinese(" 您 在⟨N⟩天里 买过⟨I⟩ ") == read_chinese("您在⟨N⟩天里买过⟨I⟩")
    assert read_chinese("您在⟨N⟩天里买过⟨I⟩，最近一次是⟨D⟩。").mentions == {"N", "I", "D"}


@pytest.mark.parametrize(
    ("marked", "unknown"),
    [("您没买过⟨I⟩。", "没买过⟨I⟩"), ("⟨I⟩打八折。", "打八折。"), ("只要9元", "只要9元"), ("best", "best"), ("", "")],
)
def test_the_first_stretch_that_is_not_known_ends_the_reading(marked: str, unknown: str) -> None:
    assert read_chinese(marked).unknown == unknown


def test_naming_this_item_is_a_mention() -> None:
    assert "this" in read_chinese("这件商品很相似").mentions
    assert "this" in read_chinese("此商品很相似").mentions
    assert read_chinese("⟨O⟩很相似").mentions == {"O"}
