"""The second opinion on Chinese sentences: by the letters that a kind of fact is told in, figures, and who did what.

It shares no code and no word list with `recommender.explain`.
"""

import re
from dataclasses import dataclass

from recommender.explain.facts import Facts


@dataclass(frozen=True, slots=True)
class Judgement:
    faithful: bool
    reason: str = ""


ZH_DID = "买过购买过选购过看过浏览过把加入过放进过购物车给评过分评论过收藏过"
ZH_PREMISE = {
    "again": "您曾在天里买过这件商品最近一次是上一次上次",
    "transitions": "您选择选购它的顾客人常常往往经常会接着选看还会这件商品也",
    "context": "这件商品常常往往经常与一起选购购买",
    "text": "这件商品与您的很十分相似相近",
    "image": "这件商品看上去很像看起来很像您的",
    "sequence": "这件商品符合贴近您最近的从顾客选择看与很相近",
    "popular": "这件商品是本店近期最近最受欢迎的之一",
    "new": "这件商品是本店新品与您常选的相近",
    "shared": "都同属于",
}
ZH_SUGGEST = re.compile(r"，(?:也许|或许|说不定)[^，。]*")
ZH_BAD = re.compile(
    r"[不没无别勿未]|最(?!受|近)|第一|便宜|优惠|折|降价|省|免费|健康|治|疗效|减肥|品质|质量|销量|限时|库存|抢|专家|保证|认证|送货"
)
ZH_ACTION_VERBS = {
    "purchase": "买过|购买过|选购过",
    "rating": "评过分",
    "review": "评论过",
    "cart": "加入过购物车|放进过购物车",
    "favorite": "收藏过",
    "view": "看过|浏览过",
}


def judge_chinese(sentence: str, facts: Facts) -> Judgement:
    """Whether the sentence follows from its facts, and if not, why."""
    main, rest = facts.main, sentence
    for name in sorted(facts.texts, key=len, reverse=True):
        rest = rest.replace(f"“{name}”", "").replace(name, "")
    if main.day is not None:
        rest = rest.replace(f"{main.day.year}年{main.day.month}月{main.day.day}日", "")
    rest = rest.replace(f"{main.days}天", "天") if main.days > 1 else rest
    if found := re.search(r"[\dA-Za-z“”\"]+", rest):
        return Judgement(False, f"not in the facts: {found[0]}")
    if found := ZH_BAD.search(rest.replace("说不定", "")):
        return Judgement(False, f"overclaims: {found[0]}")
    for action, words in ZH_ACTION_VERBS.items():
        if re.search(words, rest) and action != main.action:
            return Judgement(False, f"you {action}")
    asserted = ZH_SUGGEST.sub("", rest)
    known = set(
        "，。、的您" + ZH_DID + "".join(ZH_PREMISE.get(fact.kind.removeprefix("context_"), "") for fact in facts.facts)
    )
    if foreign := [letter for letter in asserted if letter not in known]:
        return Judgement(False, f"not in the facts: {foreign[0]}")
    if main.titles and main.action and main.titles[0] != facts.item.title:
        item, other = f"“{facts.item.title}”", f"“{main.titles[0]}”"
        done = "|".join(ZH_ACTION_VERBS[main.action].split("|"))
        if re.search(rf"(?:您|把|给)(?:最近)?(?:{done})?(?:的)?{re.escape(item)}", sentence):
            return Judgement(False, "you did it with the other item")
        if main.kind == "transitions" and 0 <= sentence.find(item) < sentence.find(other):
            return Judgement(False, "the other way round")
    return Judgement(True)
