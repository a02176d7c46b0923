"""What a wish asks for: the longest phrases that the catalogue has names for, words its texts hold, and the rest.

What no item has to say (an occasion, a person, a taste) is left to the encoder; what nobody knows is told as that.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field

from recommender.search.text.tokenization import drop_little_words
from recommender.steering.constraints import WORD, Constraint
from recommender.steering.reading.cues import DIETS, FILLERS, PEOPLE, SOFT
from recommender.steering.reading.lookup import (
    CatalogueTerms,
    constrain,
    constrain_meaning,
    constrain_word,
    find_named,
    find_own_brand,
)
from recommender.steering.reading.tokens import Token
from recommender.steering.reading.vocabulary import MOST_WORDS

_HOLIDAYS = frozenset(("christmas", "easter", "halloween", "valentine", "valentines"))


@dataclass(frozen=True, slots=True)
class Part:
    """A constraint, and how it stands beside the one before it: "", "joined" (and, or, a comma) or "for"."""

    constraint: Constraint
    link: str = ""


@dataclass(slots=True)
class Wanted:
    """`soft`: words for the encoder; `lost`: words that say nothing to anybody."""

    parts: list[Part] = field(default_factory=list)
    soft: list[str] = field(default_factory=list)
    lost: list[str] = field(default_factory=list)
    diets: list[Constraint] = field(default_factory=list)


def read_wanted(tokens: Sequence[Token], known: CatalogueTerms) -> Wanted:
    """Reads tokens from the first to the last, the longest phrase first."""
    wanted, place, link = Wanted(), 0, ""
    while place < len(tokens):
        token = tokens[place]
        if token.joins or token.word == "for":
            link = "joined" if token.joins else "for"
            place += 1
            continue
        size, constraint = _longest(tokens, place, known)
        if constraint is not None:
            wanted.parts.append(Part(constraint, link))
            link = ""
        elif token.word not in FILLERS:
            _read_single(token, known, wanted, link)
            link = ""
        place += size
    return wanted


def _longest(tokens: Sequence[Token], place: int, known: CatalogueTerms) -> tuple[int, Constraint | None]:
    """How many tokens the longest name takes; None, and one, where there is none."""
    before = tokens[place - 1].word if place else ""
    for size in range(min(MOST_WORDS, len(tokens) - place), 0, -1):
        part = tokens[place : place + size]
        words = [one.word for one in part]
        if any(one.joins for one in part) or (size == 1 and (words[0] in FILLERS or words[0] in DIETS)):
            continue
        after = tokens[place + size].word if place + size < len(tokens) else ""
        if found := _named(words, _phrase_of(part), known, before, after):
            return size, found
    return 1, None


def _named(words: list[str], phrase: str, known: CatalogueTerms, before: str, after: str) -> Constraint | None:
    own = find_own_brand(known.vocabulary, " ".join(words))
    if own is not None:
        return constrain(known, words, own, phrase, before="brand")
    if words[0] in FILLERS or words[-1] in FILLERS:
        return None
    if len(words) == 1 and words[0] in SOFT:
        return _person(words[0], phrase, known)
    meaningful = drop_little_words(words)
    named = find_named(known.vocabulary, meaningful)
    return constrain(known, meaningful, named, phrase, before, after) if named is not None else None


def _person(word: str, phrase: str, known: CatalogueTerms) -> Constraint | None:
    """For whom it is, or for which holiday, where the catalogue sorts its items by that."""
    named = find_named(known.vocabulary, [PEOPLE.get(word, word)])
    if named is None:
        return None
    if named.attributes or (word in PEOPLE or word in _HOLIDAYS):
        return constrain(known, [word], named, phrase)
    return None


def _read_single(token: Token, known: CatalogueTerms, wanted: Wanted, link: str) -> None:
    word = token.word
    if word[0].isdigit():
        wanted.lost.append(token.surface)
    elif word in DIETS:
        _read_diet(token, known, wanted)
    elif word in SOFT:
        wanted.soft.append(word)
    elif (found := _word(token, known)) is not None:
        wanted.parts.append(Part(found, link))
    elif known.is_word(word):
        wanted.soft.append(word)
    else:
        wanted.lost.append(token.surface)


def _word(token: Token, known: CatalogueTerms) -> Constraint | None:
    """A word that texts hold, a category that means it, or the word it was meant to be."""
    found = (
        constrain_word(known.vocabulary, token.word, token.surface) if known.vocabulary.is_word(token.word) else None
    )
    found = found or _other_word(token, known) or constrain_meaning(known, token.word, token.surface)
    if found is not None or known.is_word(token.word):
        return found
    better = known.vocabulary.index.lexicon.speller.corrected([token.word], known.is_word)
    if better == [token.word]:
        return None
    named = find_named(known.vocabulary, better)
    mended = constrain(known, better, named, token.surface) if named else None
    return mended or constrain_word(known.vocabulary, " ".join(better), token.surface)


def _other_word(token: Token, known: CatalogueTerms) -> Constraint | None:
    found = constrain_word(known.vocabulary, token.word, token.surface)
    return found if found is not None and found.values != (token.word,) else None


def _read_diet(token: Token, known: CatalogueTerms, wanted: Wanted) -> None:
    """A diet is what it leaves out; the word itself goes to the encoder."""
    wanted.soft.append(token.word)
    known_words = [word for word in DIETS[token.word].split() if known.vocabulary.has_phrase(word)]
    if known_words:
        wanted.diets.append(Constraint(WORD, tuple(known_words), False))


def _phrase_of(part: Sequence[Token]) -> str:
    """What stands in the wish for these tokens; what was said once for several of them once."""
    return " ".join(dict.fromkeys(one.surface for one in part))
