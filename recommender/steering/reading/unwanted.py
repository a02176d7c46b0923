"""What a wish leaves out: "no fish", "stop showing baby things", 别再推荐婴儿用品, "not these brands".

Denials are read by `search.text.negation`, as in queries and texts. Beside it a wish has verbs of its own after which a
whole phrase is unwanted, and names of several words ("no dog food") are taken whole.
"""

import re
from collections.abc import Iterator

from recommender.search.text import negation_cues
from recommender.search.text.negation import read_polarity
from recommender.search.text.tokenization import drop_little_words, is_ideographic, split_folded
from recommender.steering.constraints import BRAND, CATEGORY, Constraint
from recommender.steering.reading.cues import (
    ALLERGIC_ZH,
    BRAND_AFTER,
    FILLERS,
    STILL_ZH,
    TAILS,
    TAILS_ZH,
    THESE_BRANDS,
    UNWANTED,
    UNWANTED_ZH,
)
from recommender.steering.reading.lookup import (
    CatalogueTerms,
    constrain,
    constrain_meaning,
    constrain_word,
    find_named,
    find_own_brand,
)
from recommender.steering.reading.tokens import tokens_of
from recommender.steering.reading.vocabulary import MOST_WORDS

_END = re.compile(r"[.;:!?,\u3000-\u3003]|(?<!\S)(?:but|because|instead|just|i want|give|show)(?!\S)|但|只要|给我|换")
_FROM = frozenset(("from", "by", "of"))
_SPLIT = re.compile(r"(?<!\S)(?:and|or|nor)(?!\S)|[和或跟与及、]")


def take_unwanted(text: str, known: CatalogueTerms) -> tuple[str, list[Constraint], list[str]]:
    """The folded text without what it denies, the constraints that come of it, and phrases that name nothing."""
    constraints: list[Constraint] = []
    text, phrases = _take_brands(text, known, constraints)
    text = _take_verbs(text, phrases)
    text = _take_names(text, known, phrases)
    polarity = read_polarity(text, True, known.vocabulary.index.brand_words)
    followed = [_with_tail(text, phrase) for phrase in polarity.denied]
    lost = []
    for phrase in (*phrases, *followed):
        found = list(deny(phrase, known))
        constraints += found
        lost += [] if found else [phrase]
    return polarity.affirmed, constraints, lost


def deny(phrase: str, known: CatalogueTerms) -> Iterator[Constraint]:
    """What a phrase that is not wanted comes to: categories, a brand or an attribute, and the words themselves.

    "Baby things" are categories; "no cheese" leaves out what has cheese in it, too.
    """
    tail = bool(TAILS_ZH.search(phrase)) or any(word in TAILS for word in split_folded(phrase))
    all_words = [one.word for one in tokens_of(TAILS_ZH.sub("", phrase), known.vocabulary) if not one.joins]
    words = [word for word in all_words if word not in FILLERS and word not in TAILS]
    if not words:
        return
    after = all_words[-1] if all_words[-1] in BRAND_AFTER else ""
    named = find_own_brand(known.vocabulary, " ".join(all_words)) or find_named(known.vocabulary, words)
    found = constrain(known, words, named, phrase, after=after, wanted=False) if named else None
    categories = list(found.values) if found is not None and found.kind == CATEGORY else []
    if (tail and found is None) or categories:
        categories += [name for name in known.vocabulary.beginning_with(words) if tail and name not in categories]
    if categories:
        yield Constraint(CATEGORY, tuple(categories), False, quote=phrase)
    elif found is not None:
        yield found
        return
    if not (categories and tail):
        yield from _deny_words(words, phrase, known, bool(categories))


def _deny_words(words: list[str], phrase: str, known: CatalogueTerms, is_named: bool) -> Iterator[Constraint]:
    whole = constrain_word(known.vocabulary, " ".join(words), phrase, wanted=False)
    if whole is not None:
        yield whole
        return
    if is_named:
        return
    meant = constrain_meaning(known, " ".join(words), phrase, wanted=False)
    if meant is not None:
        yield meant
        return
    each = (constrain_word(known.vocabulary, word, phrase, wanted=False) for word in drop_little_words(words))
    yield from (one for one in each if one is not None)


def _take_brands(text: str, known: CatalogueTerms, constraints: list[Constraint]) -> tuple[str, list[str]]:
    """ "These brands" are those that the shopper usually has."""
    found = THESE_BRANDS.search(text)
    if found is None:
        return text, []
    if not known.usual_brands:
        return THESE_BRANDS.sub(" ", text), [found[0].strip()]
    wanted = not re.search(
        r"\b(?:not|no|none|without|other|anything|different|stop|hide|dont|tired|hate)\b|不|别", text
    )
    constraints.append(Constraint(BRAND, known.usual_brands, wanted, quote=found[0].strip()))
    return UNWANTED_ZH.sub(" ", UNWANTED.sub(" ", THESE_BRANDS.sub(" ", text))), []


def _take_verbs(text: str, phrases: list[str]) -> str:
    """Takes out what stands after "stop showing", "I hate", 别再推荐 up to the end of its clause."""
    for allergic in ALLERGIC_ZH.finditer(text):
        phrases += filter(None, _SPLIT.split(allergic[1]))
    text = ALLERGIC_ZH.sub(" ", text)
    for pattern in (UNWANTED, UNWANTED_ZH):
        while cue := pattern.search(text):
            stop = _END.search(text, cue.end())
            following = pattern.search(text, cue.end())
            end = min((one.start() for one in (stop, following) if one is not None), default=len(text))
            end = _with_list(text, end)
            phrase = STILL_ZH.sub(_keep_tail, text[cue.end() : end].strip())
            phrases += [part.strip(" ,") for part in re.split(rf"{_SPLIT.pattern}|,", phrase) if part.strip(" ,")]
            text = f"{text[: cue.start()]} {text[end:]}"
    return text


def _with_list(text: str, end: int) -> int:
    """ "fish, nuts and milk" is one list."""
    more = negation_cues.LIST.match(text, end)
    return more.end() if more else end


def _keep_tail(found: re.Match[str]) -> str:
    return "用品" if TAILS_ZH.search(found[0].rstrip("了吧啊呀呢")) else ""


def _take_names(text: str, known: CatalogueTerms, phrases: list[str]) -> str:
    """Takes out names of several words right after "no", "without" and the like, and any name after "not from"."""
    for cue in reversed(list(negation_cues.BEFORE.finditer(text))):
        if negation_cues.NO_DENIAL.match(text, cue.end()):
            continue
        words = list(re.finditer(r"[^\s,.;:!?]+", text[cue.end() :]))
        least = 2
        while words and (words[0][0] in negation_cues.BETWEEN or words[0][0] in _FROM):
            least = 1 if words[0][0] in _FROM else least
            words = words[1:]
        for size in range(min(MOST_WORDS, len(words)), least - 1, -1):
            phrase = text[cue.end() + words[0].start() : cue.end() + words[size - 1].end()]
            if not is_ideographic(phrase) and find_named(known.vocabulary, split_folded(phrase)):
                phrases.append(phrase)
                text = text[: cue.start()] + text[cue.end() + words[size - 1].end() :]
                break
    return text


def _with_tail(text: str, phrase: str) -> str:
    """ "baby" as "baby things" where that is what the wish says."""
    tail = re.search(rf"(?<!\w){re.escape(phrase)} ({'|'.join(sorted(TAILS | BRAND_AFTER))})(?!\w)", text)
    return tail[0] if tail else phrase
