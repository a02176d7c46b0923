"""Chinese words of a catalogue are found by their sounds in Latin letters."""

import pytest

from recommender.search.lexical.pinyin import MOST_READINGS, SHORTEST, Sounds, sound_of

pytest.importorskip("pypinyin")

USES = {"手机壳": 9, "手机": 20, "绿茶": 5, "茶": 7, "查": 1, "tea": 3}


def readings(letters: str, uses: dict[str, int] = USES) -> list[tuple[str, ...]]:
    return list(Sounds(uses).readings(letters))


def test_a_word_sounds_as_its_syllables_without_tones() -> None:
    assert sound_of("手机壳") == "shoujike"
    assert sound_of("绿茶") == "lvcha"  # ü is typed as v
    assert sound_of("tea") == ""
    assert sound_of("") == ""


def test_letters_are_read_in_as_few_words_as_can_be() -> None:
    assert readings("shoujike") == [("手机壳",)]
    assert readings("shoujikelvcha") == [("手机壳", "绿茶")]


def test_of_words_with_one_sound_the_more_used_comes_first() -> None:
    assert readings("shoujicha") == [("手机", "茶"), ("手机", "查")]
    assert readings("shoujicha", USES | {"查": 90})[0] == ("手机", "查")


def test_what_is_no_sound_of_the_catalogue_has_no_reading() -> None:
    assert readings("") == []
    assert readings("shoujik") == []  # a rest is left over
    assert readings("kettle") == []
    assert readings("lvcha", {}) == []
    assert readings("cha") == []  # a word of many languages
    assert len("cha") < SHORTEST


def test_however_many_words_sound_alike_few_readings_are_tried() -> None:
    alike = dict.fromkeys("茶查察叉插差", 1)
    assert len(readings("cha" * 6, alike)) == MOST_READINGS
    assert readings("cha" * 2_000, alike)[:1] != []
