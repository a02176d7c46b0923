"""Whether a sentence about goods and purchases says nothing but the evidence: read token by token, in two languages.

Titles and days are looked up in the facts; a figure or a claim holds for the products it stands beside, and has to be
a fact of each. It knows no model and no prompt.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field

from recommender.assistant.answer_parts import Fact
from recommender.assistant.composing import lexicon as words
from recommender.assistant.composing.lexicon import tagged, tokens_of
from recommender.assistant.composing.names import names_of, nouns_of

LONGEST = 600
_STATES = frozenset((words.STOCK, words.SOLD_OUT, words.PREORDER, words.BACKORDER, words.CHEAPEST, words.DEAREST))
_COMPARING = frozenset((words.CHEAPER, words.DEARER))
_CLAIMS = _STATES | _COMPARING | {words.BUY, words.LEFT, words.TIMES}


@dataclass(frozen=True, slots=True)
class Checked:
    """`problem` is "" for a sentence that may be shown; `titles` are the products it speaks of, `stated` its facts."""

    problem: str = ""
    titles: tuple[str, ...] = ()
    stated: frozenset[Fact] = frozenset()


def check(sentence: str, facts: Sequence[Fact], language: str, before: Sequence[str] = ()) -> Checked:
    """Reads a sentence against the facts; `before` are the titles that the sentence before it spoke of."""
    if not sentence.strip() or len(sentence) > LONGEST:
        return Checked("long" if sentence.strip() else "empty")
    titles = list(dict.fromkeys(name for fact in facts for name in (fact.title, fact.other) if name))
    days = list(dict.fromkeys(fact.day for fact in facts if fact.day))
    masked = _mask(_mask(sentence, names_of(titles), "t"), [(day, place) for place, day in enumerate(days)], "d")
    currencies = {fact.currency for fact in facts if fact.currency}
    currency = currencies.pop() if len(currencies) == 1 else ""
    read = tagged(tokens_of(masked, language), language, currency)
    unknown = _unknown(read, titles, language)
    if unknown:
        return Checked(f"word:{unknown}")
    return _Reader(read, tuple(facts), titles, days, tuple(before)).read()


def _unknown(read: Sequence[tuple[str, str]], titles: Sequence[str], language: str) -> str:
    """The first word that claims something nobody can look up, "" for none.

    Before the products that an English sentence names, the word that all of them are called by ("the cheapest tea is
    “Green Tea”") says nothing that they don't.
    """
    spoken = [place for place, (token, _) in enumerate(read) if token.startswith("⟨t")]
    nouns = nouns_of([titles[int(read[place][0][2:-1])] for place in spoken]) if language == "en" else frozenset()
    for place, (token, tag) in enumerate(read):
        if tag == "unknown" and not (token in nouns and place < spoken[0]):
            return token
    return ""


def _mask(sentence: str, names: Sequence[tuple[str, int]], mark: str) -> str:
    """With ⟨mark, place⟩ for each of the names, quoted or bare, in their order."""
    for name, place in names:
        text = re.escape(name)
        edge = r"(?![A-Za-z0-9])"
        pattern = rf"[“\"‘'《]{text}[”\"’'》]|(?<![A-Za-z0-9]){text}{edge}"
        sentence = re.sub(pattern, f" ⟨{mark}{place}⟩ ", sentence, flags=re.IGNORECASE)
    return sentence


@dataclass(slots=True)
class _Reader:
    """Walks over the tokens and minds which products each claim stands beside."""

    read_tokens: list[tuple[str, str]]
    facts: tuple[Fact, ...]
    titles: list[str]
    days: list[str]
    before: tuple[str, ...]
    run: list[str] = field(default_factory=list)  # the titles that stand together last
    closed: bool = False  # something was said of `run`: another title begins a new one
    paid: bool = False  # money is what was paid, and not what things cost now
    subjects: list[str] = field(default_factory=list)  # what stands before "than" in Chinese
    stated: set[Fact] = field(default_factory=set)
    problem: str = ""

    def read(self) -> Checked:
        """The first thing that no fact bears, or the facts that are told."""
        for place in range(len(self.read_tokens)):
            self._step(place)
            if self.problem:
                return Checked(self.problem)
        spoken = [self.titles[int(token[2:-1])] for token, tag in self.read_tokens if token.startswith("⟨t")]
        return Checked("", tuple(dict.fromkeys(spoken)), frozenset(self.stated))

    def _step(self, place: int) -> None:
        token, tag = self.read_tokens[place]
        if token.startswith("⟨t"):
            self._title(self.titles[int(token[2:-1])])
        elif token.startswith("⟨d"):
            self._day(place, self.days[int(token[2:-1])])
        elif tag == "figure":
            self._figure(place, float(token))
        elif tag == words.COST:
            self.paid = False
        elif tag == words.THAN:
            self.subjects = self.run if place + 1 < len(self.read_tokens) else []
            self.closed = True
        elif tag == words.BUY:
            self.paid = True
            if not self._next_is_title(place) and (self._about(place) or not self._has("⟨d")):
                self._need_all("bought", self._about(place))
        elif tag in _STATES:
            self._need_all(tag, self._about(place))
        elif tag in _COMPARING:
            self._compare(place, tag)

    def _day(self, place: int, day: str) -> None:
        """A day of purchase: of what the sentence speaks of, or of all that was bought ("Your last order came on")."""
        bought = [fact for fact in self.facts if fact.kind == "bought"]
        if self._about(place) or self._has("⟨t") or {fact.day for fact in bought} != {day}:
            self._need_all("bought", self._about(place), day=day)
        else:
            self.stated.update(bought)

    def _has(self, mark: str) -> bool:
        return any(token.startswith(mark) for token, _ in self.read_tokens)

    def _title(self, title: str) -> None:
        if self.closed:
            self.run, self.closed = [], False
        self.run = [*self.run, title]
        if self.paid and not self._is_compared():
            self._need_all("bought", [title], closes=False)

    def _is_compared(self) -> bool:
        return bool(self.subjects)

    def _compare(self, place: int, kind: str) -> None:
        subjects, other = self._compared(place)
        for title in subjects:
            self._need(kind, title, other=other)
        self.closed = True

    def _compared(self, place: int) -> tuple[list[str], str | None]:
        """Which products are compared with which other; None: with whatever a fact names."""
        if self.subjects:  # Chinese: X 比 Y 便宜
            after = [title for title in self.run if title not in self.subjects]
            return list(self.subjects), after[0] if after else ""
        rest = self.read_tokens[place + 1 :]
        than = next((at for at, (_, tag) in enumerate(rest) if tag == words.THAN), None)
        if than is None:
            return self._about(place), None
        title = next((token for token, _ in rest[than:] if token.startswith("⟨t")), "")
        return self._about(place), self.titles[int(title[2:-1])] if title else ""

    def _figure(self, place: int, value: float) -> None:
        role = self._role(place)
        if role in _COMPARING:
            subjects, other = self._compared(place)
            for title in subjects:
                self._need(role, title, figure=value, other=other)
            self.closed = True
            return
        self._need_all(role, self._about(place), figure=value)

    def _role(self, place: int) -> str:
        """What a figure counts, by the words beside it."""
        after = self._significant(place, 1)
        former = self._significant(place, -1)
        if after in _COMPARING:
            return after
        if former in _COMPARING or (former == words.BY and self._comparing_before(place)):
            return former if former in _COMPARING else self._comparing_before(place)
        if after in (words.LEFT, words.STOCK) or former == words.LEFT:
            return "left"
        if after == words.TIMES:
            return "often"
        return "paid" if self.paid else "price"

    def _significant(self, place: int, step: int) -> str:
        """The tag of the neighbour, past a unit of money or a word like "is"."""
        at = place + step
        if 0 <= at < len(self.read_tokens) and (self.read_tokens[at][0] == "了" or self.read_tokens[at][1] == "unit"):
            at += step
        return self.read_tokens[at][1] if 0 <= at < len(self.read_tokens) else ""

    def _comparing_before(self, place: int) -> str:
        return next((tag for _, tag in reversed(self.read_tokens[:place]) if tag in _COMPARING), "")

    def _about(self, place: int) -> list[str]:
        """The products that something said here is said of."""
        if self.run:
            return list(self.run)
        ahead = next((token for token, _ in self.read_tokens[place:] if token.startswith("⟨t")), "")
        if ahead:
            return [self.titles[int(ahead[2:-1])]]
        spoken_of_all = any(tag == words.ALL for _, tag in self.read_tokens)
        return list(self.before) if len(self.before) == 1 or spoken_of_all else []

    def _next_is_title(self, place: int) -> bool:
        for token, tag in self.read_tokens[place + 1 :]:
            if token.startswith("⟨t"):
                return True
            if tag in _CLAIMS - {words.BUY} or tag == "figure":
                return False
        return False

    def _need_all(
        self, kind: str, titles: Sequence[str], figure: float | None = None, day: str = "", closes: bool = True
    ) -> None:
        if not titles:
            self.problem = f"{kind}:of nothing"
        for title in titles:
            self._need(kind, title, figure, day)
        self.closed = self.closed or closes

    def _need(
        self, kind: str, title: str, figure: float | None = None, day: str = "", other: str | None = None
    ) -> None:
        """Notes the facts that bear a claim; the problem where none does.

        A difference that is to nothing named is to what was paid, where that is known.
        """
        if other is None and any((fact.kind, fact.title, fact.other) == (kind, title, "") for fact in self.facts):
            other = ""
        bearing = [
            fact
            for fact in self.facts
            if (fact.kind, fact.title) == (kind, title)
            and (figure is None or (fact.figure and abs(float(fact.figure) - figure) < 0.001))
            and (not day or fact.day == day)
            and (other is None or fact.other == other)
        ]
        if bearing:
            self.stated.update(bearing)
        else:
            self.problem = self.problem or f"{kind}:{figure if figure is not None else day or title}"
