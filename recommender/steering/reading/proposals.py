"""What a text LLM reads of a wish beside the grammar: constraints as JSON, each of which the catalogue must bear out.

A proposal counts where it quotes words of the wish that the grammar left open, and names a category, brand, attribute
or word that the catalogue has. What the grammar understood stays as it is, whatever the LLM says; a proposal that names
nothing is dropped and counted. An engine that is away, slow or talks nonsense adds nothing: `LLMAway` says so.
"""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Any

import orjson

from recommender.explain.llm import Guarded, LLMAway, Prompt
from recommender.search.text.normalization import fold
from recommender.search.text.prices import CHEAPER, DEARER, find_prices
from recommender.search.text.tokenization import split_folded
from recommender.steering.constraints import BY_LLM, PRICE, Constraint, Understood, each_once
from recommender.steering.reading.lookup import CatalogueTerms, constrain, constrain_word, find_named

MOST_PROPOSED = 10
MOST_NAMES = 60  # of the catalogue's widest categories that the LLM is told
_SYSTEM = (
    "You read what a shopper wishes and answer with one JSON object and nothing else: "
    '{"constraints": [{"said": words copied from the wish, "kind": "category" or "brand" or "word" or "price", '
    '"value": a name, or "cheaper" or "dearer" for a price, "wanted": true or false}]}. '
    "Only what the words listed as open say; an empty list where they say nothing of goods."
)
_EXAMPLES = (
    (
        'Wish: a treat for my puppy, nothing with poultry\nOpen: "puppy", "poultry"\n'
        "Categories: Dog Foods, Candy, Toys",
        '{"constraints": [{"said": "puppy", "kind": "category", "value": "Dog Foods", "wanted": true}, '
        '{"said": "poultry", "kind": "word", "value": "chicken", "wanted": false}]}',
    ),
)


def is_llm_needed(understood: Understood) -> bool:
    """Whether the grammar left anything open."""
    return bool(understood.about or understood.not_understood)


def question_of(wish: str, understood: Understood, known: CatalogueTerms) -> str:
    """What the LLM is asked of a wish: of the shopper only the words they wrote, so that one answer serves all."""
    open_words = _open_words(understood)
    categories = ", ".join(known.vocabulary.categories[:MOST_NAMES])
    return f"Wish: {wish}\nOpen: {', '.join(map(_quoted, open_words))}\nCategories: {categories}"


def ask_llm(llm: Guarded, question: str, seconds: float) -> list[Any]:
    """The constraints that the LLM proposes, unchecked; `LLMAway` where it gives no answer that can be read."""
    answer = llm.write(Prompt(_SYSTEM, _EXAMPLES, question, max_tokens=300), seconds)
    return _read(answer.text)[:MOST_PROPOSED]


def with_proposals(understood: Understood, proposed: Iterable[Any], known: CatalogueTerms) -> Understood:
    """What was understood, with those proposed constraints that pass the checks.

    The words that such a constraint quotes count as understood from then on.
    """
    open_words, added, dropped = _open_words(understood), list[Constraint](), 0
    for one in proposed:
        found = _checked(one, open_words, known)
        added += [found] if found is not None else []
        dropped += found is None
    quoted = {word for one in added for word in split_folded(fold(one.quote))}
    left = tuple(one for one in understood.not_understood if not quoted & set(split_folded(fold(one))))
    constraints = each_once((*understood.constraints, *added))
    return replace(understood, constraints=constraints, not_understood=left, dropped=dropped)


def _open_words(understood: Understood) -> list[str]:
    lost = (word for phrase in understood.not_understood for word in split_folded(fold(phrase)))
    return list(dict.fromkeys([*lost, *split_folded(understood.about)]))


def _checked(proposal: Any, open_words: Sequence[str], known: CatalogueTerms) -> Constraint | None:
    """The constraint in the catalogue's own names; None for one that is not of the wish or of the catalogue."""
    if not isinstance(proposal, dict):
        return None
    phrase, value, kind = (proposal.get(name) for name in ("said", "value", "kind"))
    wanted = proposal.get("wanted", True)
    if not (isinstance(phrase, str) and isinstance(value, str) and isinstance(wanted, bool)):
        return None
    quoted = split_folded(fold(phrase))
    if not quoted or not set(quoted) <= set(open_words):
        return None
    found = _price(value, phrase) if kind == PRICE else _named(value, phrase, wanted, known)
    return replace(found, read_by=BY_LLM) if found is not None else None


def _price(value: str, phrase: str) -> Constraint | None:
    if value in (CHEAPER, DEARER):
        return Constraint(PRICE, relation=value, quote=phrase)
    found = find_prices(fold(value))
    return Constraint(PRICE, low=found[0].low, high=found[0].high, quote=phrase) if found else None


def _named(value: str, phrase: str, wanted: bool, known: CatalogueTerms) -> Constraint | None:
    words = split_folded(fold(value))
    if not words:
        return None
    named = find_named(known.vocabulary, words)
    found = constrain(known, words, named, phrase, before="brand", wanted=wanted) if named is not None else None
    return found or constrain_word(known.vocabulary, " ".join(words), phrase, wanted)


def _read(text: str) -> list[Any]:
    """The list in the answer's outermost braces."""
    start, end = text.find("{"), text.rfind("}")
    try:
        parsed = orjson.loads(text[start : end + 1]) if 0 <= start < end else None
    except orjson.JSONDecodeError:
        parsed = None
    found = parsed.get("constraints") if isinstance(parsed, dict) else None
    if not isinstance(found, list):
        raise LLMAway("nonsense", "no list of constraints")
    return found


def _quoted(word: str) -> str:
    return f'"{word}"'
