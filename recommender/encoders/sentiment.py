"""What the words of a review say in stars, for reviews that came without any.

Stars are given where words enter the log, so that profile, training and serving read one number and nobody reads words
twice. It knows lexicons: VADER's for English (extra "llm"), a short one of its own for Chinese. Words in which it finds
no verdict get none.
"""

import re
from collections.abc import Sequence
from functools import lru_cache
from importlib.util import find_spec
from typing import Any

import numpy as np
from numpy.typing import NDArray

MOST_CHARACTERS = 2_000  # the verdict doesn't hide behind them
NEUTRAL, REACH = 3.0, 2.0  # stars: none for it, and how far words go from there
_HAN = re.compile(r"[\u4e00-\u9fff]")
_GOOD = (
    "喜欢 满意 推荐 好用 好吃 好喝 好看 很好 不错 太好 真好 挺好 "
    "优秀 完美 舒服 方便 实惠 划算 新鲜 结实 漂亮 惊喜 值得 回购 好评 赞 香"
)
_BAD = (
    "差 坏 退货 失望 难吃 难喝 难用 难看 难闻 垃圾 "
    "假货 破损 破了 糟糕 后悔 上当 骗 投诉 差评 粗糙 异味 太贵 过期 漏 无语 不值 恶心"
)
_NOT = ["不", "没", "没有", "别", "毫不", "并不", "不太", "不是很", "不怎么", "不会"]
_WORDS = {**dict.fromkeys(_GOOD.split(), 1), **dict.fromkeys(_BAD.split(), -1)}
_VERDICTS = re.compile("|".join(sorted(map(re.escape, _WORDS), key=len, reverse=True)))
_DENIED = re.compile(f"({'|'.join(sorted(_NOT, key=len, reverse=True))})[太很再怎么会能是想得]{{0,2}}$")


def stars_of(texts: Sequence[str]) -> NDArray[np.float32]:
    """1 to 5 for each text; NaN for one that says neither good nor bad."""
    tones = np.fromiter((tone(text) for text in texts), dtype=np.float32, count=len(texts))
    return np.where(tones == 0, np.float32("nan"), NEUTRAL + REACH * tones).astype(np.float32)


def tone(text: str) -> float:
    """-1 (against) to 1 (for); 0 where nothing is said."""
    text = text[:MOST_CHARACTERS]
    if _HAN.search(text):
        return _chinese(text)
    analyser = _english()
    return float(analyser.polarity_scores(text)["compound"]) if analyser is not None else 0.0


def _chinese(text: str) -> float:
    """Verdicts counted, turned round where a "not" stands right before them."""
    score = 0
    for found in _VERDICTS.finditer(text):
        denied = _DENIED.search(text[max(0, found.start() - 5) : found.start()])
        score += -_WORDS[found.group()] if denied else _WORDS[found.group()]
    return score / (abs(score) + 1)


@lru_cache
def _english() -> Any:
    if find_spec("vaderSentiment") is None:
        return None
    from vaderSentiment.vaderSentiment import SentimentIntensityAnalyzer

    return SentimentIntensityAnalyzer()
