"""Reads an English sentence about a recommendation: its claims, and the first word not known to claim nothing."""

import re

from recommender.explain.claims import Claim, Reading

_TOKEN = re.compile(r"⟨[A-Z]⟩|[A-Za-z]+(?:['’][a-z]+)?|\d+(?:[.,]\d+)*|[^\sA-Za-z\d⟨⟩]")
_PLAIN_WORDS = """
    a about add all also among an and any anything are as at attention basket be because been being by can
    choice choose could did do during eye fit for from get give go good had handy happy has have help
    here hope how i idea if in interest interesting into is it it'll it's item items its just keep know let
    let's little look looking made make makes match may maybe might mind moment must my nice note of on
    one or our out own perhaps pick place please pop quick re ready reason recommend recommending right see
    seem seems shall shop shop's shopping should show showing shown so some something start still such
    suggest suggested suit suits take taste that that's the their them then there these they thing think
    this thought time to today too trip try up us use useful very was way we we'd we'll we're we've
    welcome well were what when which while who why will wish with worth would yet you you'd you'll you're
    you've your yourself
"""
_PLAIN = frozenset(_PLAIN_WORDS.split())
_MODAL = frozenset(("may", "might", "could", "would", "will", "we'll", "you'll", "you'd", "to", "hope", "think"))
_WISHES = frozenset(("like", "love", "enjoy", "want"))
_PEOPLE = frozenset(("shoppers", "shopper", "people", "customers", "customer", "buyers", "others", "folks"))
_ACTIONS = {
    "bought": "purchase",
    "buy": "purchase",
    "buying": "purchase",
    "purchased": "purchase",
    "purchase": "purchase",
    "purchases": "purchase",
    "ordered": "purchase",
    "picked up": "purchase",
    "got": "purchase",
    "chose": "purchase",
    "chosen": "purchase",
    "picked": "purchase",
    "took": "purchase",
    "taken": "purchase",
    "rated": "rating",
    "reviewed": "review",
    "put": "cart",
    "placed": "cart",
    "added": "cart",
    "saved": "favorite",
    "looked at": "view",
    "viewed": "view",
    "browsed": "view",
    "saw": "view",
    "checked out": "view",
}
# words and phrases that say something a fact must bear, longest first
_CLAIMS: tuple[tuple[str, str], ...] = (
    ("looks very similar to", "looks"),
    ("looks much like", "looks"),
    ("looks very like", "looks"),
    ("looks similar to", "looks"),
    ("looks like", "looks"),
    ("most popular", "popular"),
    ("in what shoppers choose", "like"),
    ("the last time", "last"),
    ("most recently", "last"),
    ("in line with", "fits"),
    ("in keeping with", "fits"),
    ("different days", "days"),
    ("separate days", "days"),
    ("these days", "lately"),
    ("of late", "lately"),
    ("right now", "lately"),
    ("at the moment", "lately"),
    ("time for", "more"),
    ("much like", "like"),
    ("very like", "like"),
    ("close to", "like"),
    ("go well with", "together"),
    ("goes well with", "together"),
    ("go on to", "next"),
    ("goes on to", "next"),
    ("belong to", "category"),
    ("both", "category"),
    ("similar", "like"),
    ("resembles", "like"),
    ("popular", "popular"),
    ("new", "new"),
    ("usually", "usual"),
    ("usual", "usual"),
    ("often", "often"),
    ("frequently", "often"),
    ("together", "together"),
    ("alongside", "together"),
    ("next", "next"),
    ("afterwards", "next"),
    ("lately", "lately"),
    ("recently", "last"),
    ("last", "last"),
    ("before", "before"),
    ("already", "before"),
    ("again", "again"),
    ("soon", "more"),
    ("another", "more"),
    ("more", "more"),
    ("need", "more"),
    ("fits", "fits"),
    ("days", "days"),
    ("times", "days"),
)
_LOOSE = frozenset({"recently"})  # may be said of a sequence's "lately", too
_PHRASES = tuple((tuple(words.split()), kind) for words, kind in _CLAIMS)
_ACTION_PHRASES = tuple((tuple(words.split()), action) for words, action in _ACTIONS.items())
_PUNCTUATION = frozenset(",.;:!'’“”\"()-–—")


def read_english(marked: str) -> Reading:
    """Reads tokens from left to right, minding who does what."""
    tokens = _TOKEN.findall(marked)
    words = [token if token.startswith("⟨") else token.lower().replace("’", "'") for token in tokens]
    return _Reader(words).read() if tokens else Reading(unknown=marked.strip()[:20])


class _Reader:
    def __init__(self, words: list[str]) -> None:
        self.words = words
        self.reading = Reading()
        self.subject = ""  # you, people or ""
        self.last_item = ""  # the item named last: what "it" and "which" mean
        self.place = 0

    def read(self) -> Reading:
        """Reads up to the end, or to the first word that is not known."""
        while self.place < len(self.words) and not self.reading.unknown:
            self.place += self._step(self.words[self.place])
        return self.reading

    def _step(self, word: str) -> int:
        if word.startswith("⟨"):
            return self._mark(word[1])
        if word in ("you", "you've", "you'd"):
            self.subject = "you"
        elif word in _PEOPLE:
            return self._people()
        elif word == "other" and _PEOPLE.intersection(self.words[self.place + 1 : self.place + 2]):
            return 1
        if length := self._action():
            return length
        if length := self._claim():
            return length
        if word in _WISHES:
            self._wish(word)
            return 1
        if word == "this":
            self._mention("this")
        if word in _PLAIN or word in _PUNCTUATION:
            return 1
        self.reading.unknown = word
        return 1

    def _mark(self, mark: str) -> int:
        self._mention(mark)
        if mark in "IO":
            self.last_item = mark
        if mark == "N":
            after = self.words[self.place + 1 : self.place + 3]
            if not after or (after[0] not in ("days", "times") and after[1:] != ["days"]):
                self.reading.unknown = "a number without its unit"
            self._add("number")
        if mark == "D":
            self._add("day")
        if mark == "C":
            self._add("category")
        return 1

    def _mention(self, what: str) -> None:
        self.reading.mentions.add(what)

    def _people(self) -> int:
        self.subject = "people"
        claim = Claim("group", self.words[self.place], self._whose_choice())
        self.reading.claims.append(claim)
        return 1

    def _whose_choice(self) -> str:
        """What "shoppers who choose X" choose first: what they choose next is another claim than the reverse."""
        for word in self.words[self.place + 1 : self.place + 7]:
            if word in ("⟨I⟩", "⟨O⟩"):
                return word[1]
            if word in ("it", "this"):
                return self.last_item if word == "it" else "I"
        return ""

    def _action(self) -> int:
        for phrase, action in _ACTION_PHRASES:
            if self._at(phrase):
                if self.subject == "you" and not self._modal():
                    self.reading.claims.append(Claim("deed", action, self._object(len(phrase))))
                elif self.subject != "people":
                    passive = self.words[self.place - 1 : self.place] or [""]
                    if not self._modal() and passive[0] not in ("often", "frequently"):
                        self.reading.unknown = " ".join(phrase)
                return len(phrase)
        return 0

    def _modal(self) -> bool:
        """Whether the verb at hand is only wished or possible: "you may want to buy it"."""
        before = self.words[max(0, self.place - 4) : self.place]
        return self.words[self.place] in ("buy", "purchase", "put") and bool(_MODAL & set(before))

    def _object(self, length: int) -> str:
        """What the verb at hand is done with: what follows it, or what "which" stands for."""
        start = self.place
        for back in range(max(0, start - 4), start):
            if self.words[back] in ("which", "that") and self.last_item:
                return self.last_item
        for word in self.words[start + length : start + length + 6]:
            if word in ("⟨I⟩", "⟨O⟩"):
                return word[1]
            if word == "this":
                return "I"
            if word == "it":
                return self.last_item or "I"
            if word in (",", ";", "."):
                break
        after = self.words[start + length :]
        if "lately" in after[:2] and "⟨O⟩" in after[:5]:  # "what you bought lately: X"
            return "O"
        return self.last_item

    def _claim(self) -> int:
        for phrase, kind in _PHRASES:
            if self._at(phrase):
                if kind == "more" and phrase == ("another",) and self.words[self.place + 1 :][:1] == ["look"]:
                    kind = "again"
                if phrase[0] in _LOOSE and self.subject == "you" and "O" in self.reading.mentions:
                    kind = "lately"
                if phrase != ("days",) or "N" not in self.reading.mentions:
                    self._add(kind, " ".join(phrase))
                if kind == "like" and phrase[0] == "in":
                    self.subject = ""
                return len(phrase)
        return 0

    def _wish(self, word: str) -> None:
        """ "You may like it" claims nothing; "it is like X" and "you love X" do."""
        if not _MODAL & set(self.words[max(0, self.place - 3) : self.place]):
            self._add("like" if word == "like" and self.subject != "you" else "prefers", word)

    def _add(self, kind: str, value: str = "") -> None:
        self.reading.claims.append(Claim(kind, value))

    def _at(self, phrase: tuple[str, ...]) -> bool:
        return tuple(self.words[self.place : self.place + len(phrase)]) == phrase
