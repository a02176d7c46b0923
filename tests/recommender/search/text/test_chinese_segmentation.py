"""Runs of ideographs are cut into words by jieba's dictionary, and into pairs of signs without it."""

import pytest

from recommender.search.text import chinese_segmentation
from recommender.search.text.chinese_segmentation import cut_ideographs, first_word, pairs


def test_a_run_is_cut_into_words_and_the_shorter_words_in_them() -> None:
    pytest.importorskip("jieba")
    assert cut_ideographs("情侣盒子") == ["情侣", "盒子"]
    assert {"共和国", "中华人民共和国"} <= set(cut_ideographs("中华人民共和国"))
    assert "".join(cut_ideographs("茶")) == "茶"


def test_the_first_word_is_as_long_as_the_dictionary_has_it() -> None:
    pytest.importorskip("jieba")
    assert first_word("花生酱饼干") == "花生酱"
    assert first_word("糖") == "糖"


def test_pairs_overlap_and_hold_every_sign() -> None:
    assert pairs("绿茶叶") == ["绿茶", "茶叶"]
    assert pairs("茶") == ["茶"]


def test_without_the_dictionary_pairs_stand_for_words(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(chinese_segmentation, "find_spec", lambda name: None)
    chinese_segmentation._cutters.cache_clear()
    try:
        assert cut_ideographs("绿茶叶") == ["绿茶", "茶叶"]
        assert first_word("花生酱") == "花生"
        assert first_word("糖果") == "糖"  # an ingredient of one sign
    finally:
        chinese_segmentation._cutters.cache_clear()
