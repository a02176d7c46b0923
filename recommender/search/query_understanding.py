"""A query as it is searched for: what it wants in words, quantities and prices, and what it does not want; mended.

It knows an index's words and no items' rows.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import chain
from types import MappingProxyType

from recommender.search.other_words import LearnedWords, Replaced, read_otherwise
from recommender.search.price_words import take_prices
from recommender.search.search_index import SearchIndex
from recommender.search.text import quantities
from recommender.search.text.negation import read_polarity
from recommender.search.text.normalization import fold
from recommender.search.text.prices import PricePhrase
from recommender.search.text.statements import denial_marks
from recommender.search.text.tokenization import drop_little_words, is_fragment, pieces, split_folded, stem

MOST_WORDS = 32  # of a query that are searched for


@dataclass(frozen=True, slots=True)
class Understood:
    """A query as it is searched for.

    `text` is what the encoder reads: what is wanted, in the query's script; "" where the query only says what is not.
    `words` are those of what is wanted; `query_parts` those by which texts are found, without the numbers and units of
    `quantities`, which are how each is written, by its mark. `marks` raise the texts that hold them. `excluded` are
    folded phrases, `prices` what it says of prices, `replaced` what is searched for in the catalogue's words.
    `corrected` is the whole query with its misspelled words mended, None where none was.
    `is_real`: some word is one of the catalogue's or the encoder's; else all of it may be nonsense.
    """

    text: str
    words: tuple[str, ...]
    corrected: str | None
    query_parts: tuple[str, ...] = ()
    pieces: tuple[tuple[str, ...], ...] = ()
    quantities: Mapping[str, str] = field(default_factory=dict)
    marks: tuple[str, ...] = ()
    excluded: tuple[str, ...] = ()
    prices: tuple[PricePhrase, ...] = ()
    replaced: tuple[Replaced, ...] = ()
    is_real: bool = True

    @property
    def is_of_prices_alone(self) -> bool:
        """Whether it says prices and nothing else."""
        return bool(self.prices) and not (self.words or self.quantities or self.excluded)

    @property
    def terms(self) -> list[str]:
        """The stems by which texts are found: those of `query_parts`, without little words."""
        return [stem(word) for word in drop_little_words(list(self.query_parts))]

    @property
    def amounts(self) -> dict[str, list[str]]:
        """The terms by which each quantity is written, by its mark.

        Where nothing is asked for but that something be without, a mark of what is denied, which no words stand for.
        """
        if self.query_parts or self.quantities:
            return {mark: [stem(word) for word in split_folded(written)] for mark, written in self.quantities.items()}
        return {mark: [] for mark in self.marks if mark.startswith("-")}


def understand(
    index: SearchIndex,
    query: str,
    is_word: Callable[[str], bool] = lambda _: False,
    learned: LearnedWords = MappingProxyType({}),
) -> Understood:
    """Reads a query. Misspelled words are mended where the catalogue knows better ones.

    `is_word` says which words are right though the catalogue doesn't use them; `learned` what shoppers' clicks say that
    the catalogue calls a thing.
    """
    lexicon = index.lexicon
    without_prices, prices = take_prices(index, fold(query))
    polarity = read_polarity(without_prices, True, index.brand_words)
    wanted, replaced = read_otherwise(index, polarity.affirmed, is_word, learned)
    phrases = [
        phrase if _is_spoken_of(index, phrase) else read_otherwise(index, phrase, is_word, learned)[0]
        for phrase in polarity.denied
    ]
    query_words = split_folded(wanted)[:MOST_WORDS]
    denied = [split_folded(phrase) for phrase in phrases]
    better = lexicon.speller.corrections([*query_words, *chain.from_iterable(denied)], is_word)
    right = _mended(query_words, better)
    excluded = [
        phrase if _mended(words, better) == words else " ".join(_mended(words, better))
        for phrase, words in zip(phrases, denied, strict=True)
    ]
    amounts = [one for one in quantities.quantities(wanted) if len(lexicon.marks.holders(one.mark))]
    parts = [_mended(piece, better) for piece in pieces(_without(wanted, amounts))]
    changed = right != query_words or excluded != phrases
    marks = [*quantities.marks(wanted), *(mark for phrase in excluded for mark in denial_marks(phrase))]
    return Understood(
        " ".join(right) if right != query_words else wanted if excluded or prices or replaced else query.strip(),
        tuple(right),
        " ".join([*right, *(one.text for one in prices), *map(_minus, excluded)]) if changed else None,
        tuple(chain.from_iterable(parts))[:MOST_WORDS],
        tuple(map(tuple, _grouped(parts))),
        {one.mark: wanted[one.start : one.end] for one in amounts},
        tuple(dict.fromkeys(marks)),
        tuple(excluded),
        prices,
        replaced,
        bool(amounts) or any(_is_real(index, word, is_word) for word in right),
    )


def _is_spoken_of(index: SearchIndex, phrase: str) -> bool:
    """Whether some text has what this folded phrase says, or says that it has none."""
    denied = any(len(index.lexicon.marks.holders(mark)) for mark in denial_marks(phrase))
    return denied or bool(index.texts_with(phrase).any())


def _mended(typed: Sequence[str], better: Mapping[str, list[str]]) -> list[str]:
    return [word for one in typed for word in better.get(one, [one])]


def _without(text: str, amounts: Sequence[quantities.Quantity]) -> str:
    """A text with blanks in place of these quantities."""
    for one in amounts:
        text = text[: one.start] + " " * (one.end - one.start) + text[one.end :]
    return text


def _grouped(parts: Sequence[list[str]]) -> list[list[str]]:
    """Numbers and single letters that stand alone are one piece: by chance a text holds one of several."""
    lone = [piece[0] for piece in parts if len(piece) == 1 and is_fragment(piece[0])]
    others = [drop_little_words(piece) for piece in parts if len(piece) > 1 or (piece and not is_fragment(piece[0]))]
    return [lone, *others] if lone else others


def _minus(phrase: str) -> str:
    return f'-"{phrase}"' if " " in phrase else f"-{phrase}"


def _is_real(index: SearchIndex, word: str, is_word: Callable[[str], bool]) -> bool:
    """Whether a word is known to the catalogue or the encoder, and says something by itself."""
    if is_fragment(word):
        return False
    return stem(word) in index.lexicon.vocabulary or is_word(word)
