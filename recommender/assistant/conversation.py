"""What a talk is about: which goods the shopper's earlier questions were after, and how a follow-up reads after them.

Only what the shopper asked is listened to, never what was answered.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from recommender.assistant.intents import language_of
from recommender.assistant.product_questions import ProductQuestion, read_product_question

MOST_TURNS = 5  # earlier questions that are read
BARE_WORDS, BARE_LETTERS = 6, 12  # a question this short may be the name of goods alone; in Chinese in characters
_GOES_ON = re.compile(
    r"(and|or|what about|how about|also|then|but|not|only|ok|anything|something)\b|那|还有|另外|要是|不要",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Topic:
    """`query` finds the goods that are spoken of; `base` is what was asked for first, without what narrowed it."""

    query: str
    base: str


@dataclass(frozen=True, slots=True)
class QuestionInContext:
    """A question about goods as it reads after those before it.

    `queries` are what to search for, the most likely reading first; `is_follow_up`: it means goods of an earlier
    question.
    """

    question: ProductQuestion
    queries: tuple[str, ...]
    is_follow_up: bool = False


def read_in_context(text: str, before: Sequence[str], language: str) -> QuestionInContext:
    """Reads a question after the shopper's earlier ones, oldest first."""
    question = read_product_question(text, language)
    topic = topic_of(before)
    if question.kind == "compare" or topic is None or not _is_follow_up(text, question):
        return QuestionInContext(question, question.queries)
    if not question.queries:
        return QuestionInContext(question, (topic.query,), True)
    said = question.queries[0]
    if question.narrows:
        return QuestionInContext(question, (f"{topic.query} {said}", f"{topic.base} {said}", said), True)
    return QuestionInContext(
        question, (f"{topic.query} {said}", f"{said} {_last_word(topic.base, language)}", said), True
    )


def topic_of(before: Sequence[str]) -> Topic | None:
    """The goods that the earlier questions were after, as far as the last of them say."""
    topic: Topic | None = None
    for text in before[-MOST_TURNS:]:
        question = read_product_question(text, language_of(text))
        if not question.queries:
            continue
        said = question.queries[0]
        if topic is not None and question.narrows:
            topic = Topic(f"{topic.query} {said}", topic.base)
        elif question.explicit or is_bare(text) or _goes_on(text):
            topic = Topic(said, said)
    return topic


def is_bare(text: str) -> bool:
    """Whether a question is short enough to be the name of goods alone."""
    if language_of(text) == "zh":
        return len(text.strip("？?。！ ")) <= BARE_LETTERS
    return len(text.split()) <= BARE_WORDS


def _goes_on(text: str) -> bool:
    """Whether a question begins or ends as one that goes on with what was spoken of."""
    text = text.strip()
    return bool(_GOES_ON.match(text)) or (text.rstrip("？?").endswith("呢") and is_bare(text))


def _is_follow_up(text: str, question: ProductQuestion) -> bool:
    goes_on = _goes_on(text) and is_bare(text)
    return not question.queries or question.narrows or goes_on or (question.points and is_bare(text))


def _last_word(query: str, language: str) -> str:
    return query[-2:] if language == "zh" else query.split()[-1]
