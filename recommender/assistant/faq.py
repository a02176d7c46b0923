"""Finds the FAQ entry that answers a question: by meaning (the encoder LLM), and by the words they share.

Chinese is compared by its characters' pairs, since the default encoder reads English. It knows entries and an encoder;
how sure one has to be is `SURE`, calibrated by `python -m benchmarks.assistant`.
"""

import math
import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from recommender.encoders.base import Encoder

SURE = {"en": 0.45, "zh": 0.35}  # from here on an entry is taken for the answer
NEARLY = 0.85  # as a share of that: an entry this near may be meant
WORDS_WEIGHT, ANSWER_WEIGHT = 0.1, 0.4  # of shared words; and in the meaning, of the answer beside the question
# the affairs of any shop, by the words that shoppers have for them
AFFAIRS_ZH = {
    "#return": re.compile(r"退(?!出|休)|换货|不(喜欢|合适|想要)|买错"),
    "#payment": re.compile(r"付款|支付|付钱|刷卡|微信|支付宝|银行卡|信用卡|货到付"),
    "#delivery": re.compile(r"送[到货达]|配送|到货|快递|物流|寄|几天(能|可以)?到|运费|多久(能|可以)?到"),
    "#cancel": re.compile(r"取消|撤销|不要了"),
    "#invoice": re.compile(r"发票|报销"),
    "#account": re.compile(r"账号|帐号|账户|注册|登录|密码"),
}
AFFAIR_WEIGHT = 2  # pairs of characters that an affair weighs as much as


@dataclass(frozen=True, slots=True)
class Entry:
    """A question that the shop answers."""

    faq_id: str
    question: str
    answer: str
    language: str


@dataclass(frozen=True, slots=True)
class Match:
    """An entry and how near it comes to a question, 1 at most: by meaning and shared words, in Chinese by words."""

    entry: Entry
    score: float

    @property
    def sure(self) -> bool:
        """Whether the entry is near enough to be taken for the answer, by what `SURE` asks of its language."""
        return self.score >= SURE[self.entry.language]

    @property
    def nearly_sure(self) -> bool:
        """Whether the entry is near enough to be meant, so that no other answer is sure either."""
        return self.score >= NEARLY * SURE[self.entry.language]


class FaqIndex:
    """The entries, ready to be searched."""

    def __init__(self, entries: Sequence[Entry], encoder: Encoder | None) -> None:
        self.entries = list(entries)
        self._english = [place for place, entry in enumerate(self.entries) if entry.language == "en"]
        self._encoder = encoder if self._english else None
        self._words = [Counter(terms(entry.question, entry.language)) for entry in self.entries]
        seen = Counter(word for words in self._words for word in words)
        count = max(1, len(self.entries))
        self._weight = {word: math.log(1 + count / times) for word, times in seen.items()}
        self._rare = math.log(1 + count)
        self._vectors = self._encode()

    def _encode(self) -> tuple[NDArray[np.float32], NDArray[np.float32]] | None:
        if self._encoder is None:
            return None
        english = [self.entries[place] for place in self._english]
        questions = self._encoder.encode([entry.question for entry in english])
        return questions, self._encoder.encode([entry.answer for entry in english])

    def best(self, question: str, language: str, count: int = 3) -> list[Match]:
        """The entries of this language that come closest, the best first."""
        places = [place for place, entry in enumerate(self.entries) if entry.language == language]
        if not places or not question.strip():
            return []
        asked = Counter(terms(question, language))
        words = np.array([self._shared(asked, place) for place in places], dtype=np.float32)
        scores = words
        if language == "en" and self._encoder is not None and self._vectors is not None:
            asked = self._encoder.encode([question])[0]
            questions, answers = self._vectors
            meaning = (1 - ANSWER_WEIGHT) * (questions @ asked) + ANSWER_WEIGHT * (answers @ asked)
            scores = (1 - WORDS_WEIGHT) * meaning + WORDS_WEIGHT * words
        order: NDArray[np.int64] = np.argsort(-scores, kind="stable")[:count]
        return [Match(self.entries[places[place]], float(scores[place])) for place in order]

    def _shared(self, asked: Counter[str], place: int) -> float:
        """Cosine of the two questions' weighted words."""
        theirs = self._words[place]
        dot = sum(self._weigh(word) ** 2 * count * asked[word] for word, count in theirs.items() if word in asked)
        norm = math.sqrt(self._norm(asked) * self._norm(theirs)) if dot else 0.0
        return dot / norm if norm else 0.0

    def _norm(self, words: Counter[str]) -> float:
        return sum((self._weigh(word) * count) ** 2 for word, count in words.items())

    def _weigh(self, word: str) -> float:
        return self._weight.get(word, self._rare)


def terms(text: str, language: str) -> list[str]:
    """Words without their endings; in Chinese, characters in pairs, and the shop's affairs that the text speaks of."""
    if language == "zh":
        letters = re.findall(r"[\u4e00-\u9fff]+|[a-z0-9]+", text.lower())
        pairs = [run[at : at + 2] for run in letters for at in range(max(1, len(run) - 1))]
        return pairs + [affair for affair, said in AFFAIRS_ZH.items() if said.search(text)] * AFFAIR_WEIGHT
    return [stem(word) for word in re.findall(r"[a-z0-9]+", text.lower())]


def stem(word: str) -> str:
    """The word without the endings of number and time."""
    return re.sub(r"(ing|ed|es|s)$", "", word) if len(word) > 4 else word
