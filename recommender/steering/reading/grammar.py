"""A wish read by a grammar: prices, what is not wanted, what is, and what is left over, each checked by the catalogue.

It needs no text LLM. Every constraint names facts of the catalogue; what names none is told as not understood.
"""

import re

from recommender.search.text.normalization import fold
from recommender.search.text.numbers import find_age
from recommender.search.text.prices import find_prices
from recommender.search.text.quantities import quantities
from recommender.steering.constraints import PRICE, Constraint, Understood, each_once
from recommender.steering.reading.combining import combine
from recommender.steering.reading.cues import FILLERS, STILL
from recommender.steering.reading.lookup import CatalogueTerms, constrain_word
from recommender.steering.reading.tokens import Token, tokens_of
from recommender.steering.reading.unwanted import take_unwanted
from recommender.steering.reading.wanted_phrases import read_wanted

MOST_LETTERS = 300
_COMPARED = re.compile(r"(?<![\w-])(?:under|over|below|above|(?:less|more|fewer) than|at (?:least|most)|up to) $")
MOST_CONSTRAINTS = 30


def understand(wish: str, known: CatalogueTerms) -> Understood:
    """Reads a wish of at most `MOST_LETTERS` characters; longer ones are read up to there."""
    text = fold(wish)[:MOST_LETTERS]
    text, prices = _take_prices(text)
    text, people = _take_age(STILL.sub(" ", text))
    text, unwanted, lost = take_unwanted(text, known)
    text, amounts, unread = _take_amounts(text, known)
    tokens = tokens_of(text, known.vocabulary)
    wanted = read_wanted(tokens, known)
    vocabulary = known.vocabulary
    parts = combine(wanted.parts, vocabulary.index.catalogue, lambda word: constrain_word(vocabulary, word, word))
    soft = [*wanted.soft, *people]
    return Understood(
        each_once([*parts, *amounts, *prices, *unwanted, *wanted.diets])[:MOST_CONSTRAINTS],
        _about(tokens, people) if soft else "",
        tuple(dict.fromkeys([*lost, *unread, *wanted.lost])),
    )


def _take_prices(text: str) -> tuple[str, list[Constraint]]:
    found = find_prices(text)
    constraints = [
        Constraint(PRICE, low=one.low, high=one.high, relation=one.relation, quote=one.text) for one in found
    ]
    for one in found:
        text = text[: one.start] + " " * (one.end - one.start) + text[one.end :]
    return text, constraints


def _take_age(text: str) -> tuple[str, list[str]]:
    age = find_age(text)
    if age is None:
        return text, []
    left = f"{text[: age.start]} {text[age.end :]}"
    return left, [*age.words.split(), *(f"{age.years:g} years old".split() if age.words else ())]


def _take_amounts(text: str, known: CatalogueTerms) -> tuple[str, list[Constraint], list[str]]:
    """How much of it is to be in it ("5 lb"), where some text says that; compared amounts nobody can tell of."""
    constraints, lost = list[Constraint](), list[str]()
    for one in reversed(quantities(text)):
        phrase = text[one.start : one.end].strip()
        compared = _COMPARED.search(text[: one.start])
        found = None if compared else constrain_word(known.vocabulary, phrase, phrase)
        start = compared.start() if compared else one.start
        constraints += [found] if found is not None else []
        lost += [] if found is not None else [text[start : one.end]]
        text = f"{text[:start]} {text[one.end :]}"
    return text, constraints, lost


def _about(tokens: list[Token], people: list[str]) -> str:
    """What the encoder reads: all that is wanted, without the words that only fill."""
    meaningful = [one.word for one in tokens if not one.joins and one.word not in FILLERS]
    return " ".join(dict.fromkeys([*meaningful, *people]))
