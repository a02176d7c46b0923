"""Reads a Chinese sentence about a recommendation: its claims, and the first stretch that isn't known to claim nothing.

Words are matched longest first; what is left over is unknown.
"""

import re

from recommender.explain.claims import Claim, Reading

_PLAIN = """
， 。 、 ； ： ！ “ ” 的 了 和 与 也 还 又 再 就 都 在 里 天里 中 为 给 把 它 是 您 这 这件 这件商品 此商品
商品 或许 也许 说不定 可能 可以 看看 值得 值得一看 一看 试试 一起 适合 适合您 喜欢 您也会喜欢 会 还会 不妨 推荐 为您
对您有用 有用 从 而 而且 因此 所以 于是 看 一下 留意 参考 之一 其中 我们 本店 选 选择 选购 购买 想 需要 到 时候 曾
次 因为 由于 所 人
"""
_ACTIONS = {
    "购买过": "purchase",
    "选购过": "purchase",
    "买过": "purchase",
    "购买了": "purchase",
    "买了": "purchase",
    "评过分": "rating",
    "评论过": "review",
    "加入过购物车": "cart",
    "放进过购物车": "cart",
    "加入购物车": "cart",
    "收藏过": "favorite",
    "收藏了": "favorite",
    "浏览过": "view",
    "看过": "view",
}
_CLAIMS = {
    "从顾客的选择看": "like",
    "看上去很像": "looks",
    "看起来很像": "looks",
    "又到了补货的时候": "more",
    "可以再来一份": "more",
    "又用得上了": "more",
    "您还会需要": "more",
    "值得再看看": "again",
    "最受欢迎": "popular",
    "受欢迎": "popular",
    "热门": "popular",
    "本店新品": "new",
    "新上架": "new",
    "新品": "new",
    "常选": "usual",
    "很相似": "like",
    "十分相似": "like",
    "相似": "like",
    "类似": "like",
    "很相近": "like",
    "相近": "like",
    "符合": "fits",
    "贴近": "fits",
    "最近一次": "last",
    "上一次": "last",
    "上次": "last",
    "最近": "lately",
    "近期": "lately",
    "常常": "often",
    "往往": "often",
    "经常": "often",
    "常会": "often",
    "常": "often",
    "接着": "next",
    "一起选购": "together",
    "一起购买": "together",
    "顾客": "group",
    "大家": "group",
    "同属": "category",
    "都属于": "category",
    "再次": "again",
    "天里": "days",
    "天": "days",
}
_WORDS = sorted(
    {**dict.fromkeys(_PLAIN.split(), ""), **dict.fromkeys(_ACTIONS, "deed"), **_CLAIMS}, key=len, reverse=True
)
_MARK = re.compile(r"⟨([A-Z])⟩")
_CLAUSE_END = "，。；！"


def read_chinese(marked: str) -> Reading:
    """Reads a sentence whose facts are marked, as `verify.mask` does it; blanks don't count."""
    reading, place, last = Reading(), 0, ""
    marked = re.sub(r"\s+", "", marked)
    while place < len(marked) and not reading.unknown:
        if found := _MARK.match(marked, place):
            last = _take_mark(found[1], marked, found.end(), reading, last)
            place = found.end()
            continue
        word = next((each for each in _WORDS if marked.startswith(each, place)), "")
        if not word:
            reading.unknown = marked[place : place + 6]
        elif word in _ACTIONS:
            reading.claims.append(Claim("deed", _ACTIONS[word], _done_with(marked, place, place + len(word), last)))
        elif word in _CLAIMS:
            reading.claims.append(Claim(_CLAIMS[word], word, last))
        if word.startswith(("这件", "此商品")):
            reading.mentions.add("this")
        place += len(word) or 1
    return reading


def _take_mark(mark: str, marked: str, after: int, reading: Reading, last: str) -> str:
    reading.mentions.add(mark)
    if mark == "N":
        if not marked.startswith(("天", "次", "个不同的日子"), after):
            reading.unknown = "a number without its unit"
        reading.claims.append(Claim("number"))
    if mark == "D":
        reading.claims.append(Claim("day"))
    if mark == "C":
        reading.claims.append(Claim("category"))
    return mark if mark in "IO" else last


def _done_with(marked: str, start: int, end: int, last: str) -> str:
    """What an action was done with: 把 or 给 puts it before the verb, else it follows (買过X, 買过的X)."""
    clause = re.split(f"[{_CLAUSE_END}]", marked[:start])[-1]
    if clause and ("把" in clause or "给" in clause):
        found = _MARK.findall(clause)
        return next((mark for mark in reversed(found) if mark in "IO"), "I")
    rest = re.split(f"[{_CLAUSE_END}]", marked[end:])[0]
    after = next((mark for mark in _MARK.findall(rest) if mark in "IO"), "")
    if after:
        return after
    return "I" if rest.startswith(("这件", "此商品")) else last or "I"
