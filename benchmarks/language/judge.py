"""A second opinion on sentences: judges whether one follows from its facts, by other means than the check in service.

The facts are told in many plain sentences (the premise). A sentence is cut into clauses. What is asserted must align
with the premise word by word (stems and a few synonyms, no list of allowed words), figures and names must stand beside
the same neighbours, and who did what to which item must be a triple of the premise. A clause that only suggests ("it
may suit you") must lie nearer to suggestions than to claims about price, health, quality, haste or stock, by MiniLM.
It shares no code and no word list with `recommender.explain`.
"""

import re

import numpy as np

from benchmarks.language.judge_chinese import Judgement, judge_chinese
from recommender.encoders.base import Encoder
from recommender.explain.facts import Facts

MONTHS = "January February March April May June July August September October November December".split()  # noqa: SIM905
ACTION_VERBS = {
    "purchase": "bought purchased picked",
    "rating": "rated",
    "review": "reviewed",
    "cart": "put placed",
    "favorite": "saved",
    "view": "looked viewed",
}
SYNONYMS = (
    "bought purchase purchased picked pick choose chosen chose select take taken buy add",
    "shopper people customer",
    "often frequently",
    "looked viewed look view",
    "put placed basket",
    "similar like close line fit fits match resemble",
    "together also too well both",
    "popular",
    "recent recently last late lately time",
    "item product shop store our",
    "belong category",
    "different days day",
    "next go on",
)
GLUE_WORDS = """
    a an and are as at be been before by for from has have in is it its of on one or so than that
    the their them then these they this thought to up was we what which who with you your usually
    most among new very much
"""
GLUE = frozenset(GLUE_WORDS.split())
NAME = re.compile(r"\bname(\d+)\b")  # stands for a name of the facts, which may hold any word
SUGGESTING = frozenset(["may", "might", "could", "perhaps", "maybe"])
SUGGESTIONS = (
    "it may suit you",
    "it may be worth a look",
    "it could be a good choice again",
    "it might be a good match",
    "you may like it too",
    "you may want it again soon",
    "you may want to try it",
    "it may be time for more",
    "it could be handy again",
    "this may be of interest and useful to you",
    "this might be one to keep in mind",
)
OVERCLAIMS = (
    "it is the cheapest and you save money with a discount",
    "it may save you money, half price today only",
    "it could cure your illness and is healthy",
    "it may be good for your health and help you lose weight",
    "it is the best quality in the world",
    "it could be the best on the market",
    "hurry, only a few are left in stock",
    "it may sell out soon, order now",
    "it could be delivered free tomorrow",
    "it may not be good and you should avoid it",
    "your neighbour John may like it",
    "it might win an award from experts",
)


class Judge:
    """Judges sentences in English by all of the above; in Chinese by names, figures, triples and characters."""

    def __init__(self, encoder: Encoder) -> None:
        self._encoder = encoder
        self._good, self._bad = encoder.encode(SUGGESTIONS), encoder.encode(OVERCLAIMS)

    def judge(self, sentence: str, facts: Facts, language: str) -> Judgement:
        if language == "zh":
            return judge_chinese(sentence, facts)
        text = _plain(sentence)
        premise = _premise(facts)
        for reason in (_figures(text, facts), _names(sentence, facts), _triples(text, facts)):
            if reason:
                return Judgement(False, reason)
        known = _stems(" ".join(premise))
        for words, clause in _clauses(text, facts):
            at = next((place for place, word in enumerate(words) if word in SUGGESTING), None)
            asserted = words if at is None else words[:at]
            if foreign := [word for word in asserted if not NAME.match(word) and not _aligned(word, known)]:
                return Judgement(False, f"not in the facts: {foreign[0]}")
            if at is not None and not self._only_suggests(clause):
                return Judgement(False, f"overclaims: {clause}")
        return Judgement(True)

    def _only_suggests(self, clause: str) -> bool:
        vector = self._encoder.encode([clause])[0]
        return bool(np.max(self._good @ vector) > np.max(self._bad @ vector))


def _plain(text: str) -> str:
    return " ".join(re.sub(r"[“”\"]", " ", text).lower().split())


def _day(facts: Facts) -> str:
    day = facts.main.day
    return f"{day.day} {MONTHS[day.month - 1]} {day.year}" if day else ""


def _premise(facts: Facts) -> list[str]:
    """The facts in plain sentences, told more than once where there is more than one way."""
    item, main = facts.item.title, facts.main
    others = " and ".join(main.titles)
    sentences = [f"this item is {item}", f"it is {item} in our shop"]
    if main.action:
        done = ACTION_VERBS[main.action].split()[0]
        sentences.append(f"you {done} {others or item}{' in your basket' if main.action == 'cart' else ''} lately")
    if main.kind == "again":
        sentences += [f"you did so on {main.days} days", f"the last time was on {_day(facts)}", "recently before again"]
    if main.kind in ("transitions", "context"):
        sentences.append(f"shoppers who choose {others} often choose {item} next, together, as well")
    if main.kind in ("text", "context_text", "sequence", "new"):
        sentences.append(f"{item} is similar to {others} and to what shoppers choose")
    if main.kind in ("image", "context_image"):
        sentences.append(f"{item} looks similar to {others}")
    if main.kind == "sequence":
        sentences.append("it fits what you did lately")
    if main.kind == "popular":
        sentences.append("it is one of the most popular items of late these days")
    if main.kind == "new":
        sentences.append("it is new in the shop and close to what you usually choose")
    if shared := facts.of("shared"):
        sentences.append(f"both belong to the category {shared.titles[0]}")
    return [_plain(each) for each in sentences]


def _stem(word: str) -> str:
    word = re.sub(r"'s$", "", word)
    for ending in ("ing", "ers", "er", "ies", "ed", "es", "s"):
        if word.endswith(ending) and len(word) > len(ending) + 3:
            return word[: -len(ending)]
    return word


def _words(text: str) -> list[str]:
    return re.findall(r"[a-z0-9][a-z0-9'’.%]*[a-z0-9%]|[a-z0-9]", text)


def _stems(text: str) -> set[str]:
    return {_stem(word) for word in _words(text)}


def _aligned(word: str, known: set[str]) -> bool:
    stem = _stem(word)
    if word in GLUE or stem in known:
        return True
    groups = [{_stem(one) for one in group.split()} for group in SYNONYMS]
    return any(stem in group and group & known for group in groups)


def _clauses(text: str, facts: Facts) -> list[tuple[list[str], str]]:
    """Cut at commas and "and", outside of names: each as words, a name being one ("name0"), and as it was said."""
    names = [_plain(name) for name in sorted({*facts.texts}, key=len, reverse=True)]
    for place, name in enumerate(names):
        text = text.replace(name, f"name{place}")
    clauses = []
    for part in re.split(r"[,;:.!?]| so | and ", f" {text} "):
        if words := _words(part):
            clause = NAME.sub(lambda found: names[int(found[1])], part)
            clauses.append((words, " ".join(_words(clause))))
    return clauses


def _figures(text: str, facts: Facts) -> str:
    """Each figure outside of names, with the word that follows it: "5 days", "3 March"; a year stands alone."""
    main, there = facts.main, set()
    if main.kind == "again":
        there = {(str(main.days), _stem(unit)) for unit in ("days", "different", "times")}
    if main.day:
        there |= {(str(main.day.day), _stem(MONTHS[main.day.month - 1].lower()))}
    for name in sorted(facts.texts, key=len, reverse=True):
        text = text.replace(_plain(name), " name ")
    for figure, unit in _pairs(text):
        if main.day and figure == str(main.day.year):
            continue
        if (figure, unit) not in there:
            return f"figure {figure} {unit}"
    return ""


def _pairs(text: str) -> list[tuple[str, str]]:
    words = re.findall(r"\d+(?:[.,/]\d+)*|[a-z]+", text)
    return [
        (word, _stem(words[place + 1]) if place + 1 < len(words) else "")
        for place, word in enumerate(words)
        if word[0].isdigit()
    ]


def _names(sentence: str, facts: Facts) -> str:
    """What stands between quotation marks, and capitals in mid-sentence, must be names of the facts."""
    names = [name.lower() for name in facts.texts]
    for quoted in re.findall(r"[“\"]([^”\"]*)[”\"]", sentence):
        if quoted.lower() not in names:
            return f"name {quoted}"
    rest = sentence
    for name in facts.texts:
        rest = re.sub(re.escape(name), " ", rest, flags=re.IGNORECASE)
    for word in re.findall(r"(?<=[a-z,;] )[A-Z][a-z]+", rest):
        if word not in MONTHS:
            return f"name {word}"
    return ""


def _triples(text: str, facts: Facts) -> str:
    """You-deed-item and shoppers-choose-item, in the order of the words."""
    main = facts.main
    if not main.titles or main.titles[0] == facts.item.title:
        wrong = [action for action in ACTION_VERBS if action != main.action and _done(action, text)]
        return f"you {wrong[0]}" if wrong else ""
    names = {_plain(facts.item.title): "item", _plain(main.titles[0]): "other"}
    order = "|".join(re.escape(name) for name in sorted(names, key=len, reverse=True))
    marked = re.sub(order, lambda found: names[found[0]], text)
    for action in ACTION_VERBS:
        for found in _done(action, marked):
            if action != main.action:
                return f"you {action}"
            before, after = marked[: found.start()], marked[found.end() :]
            near = re.findall(r"\b(item|other)\b", before)[-1:] if before.endswith("which ") else []
            near = near or re.findall(r"^(?: at| up)? lately:? (item|other)\b", after)
            near = near or re.findall(r"^(?: at| up)? (item|other|this)\b", after)
            if near and near[0] != "other":
                return "you did it with the other item"
    if main.kind == "transitions" and re.search(r"who (?:choose|pick|buy) (?:item|this)\b", marked):
        return "the other way round"
    return ""


def _done(action: str, text: str) -> list[re.Match[str]]:
    verbs = "|".join(ACTION_VERBS[action].split())
    return list(re.finditer(rf"\byou(?: have|'ve)? (?:{verbs})\b", text))
