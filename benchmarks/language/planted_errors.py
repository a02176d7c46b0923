"""Errors planted into true sentences, one kind at a time: what a check must catch. It knows sentences and facts."""

from collections.abc import Iterator
from random import Random

from recommender.explain.facts import Facts, format_date

ACTION_VERBS = {
    "en": {
        "bought": "looked at",
        "purchased": "viewed",
        "picked up": "reviewed",
        "looked at": "bought",
        "rated": "bought",
    },
    "zh": {"购买过": "浏览过", "选购过": "评论过", "买过": "看过", "看过": "买过", "评论过": "买过"},
}
ADDED = {
    "en": {
        "superlative": ("the best in the shop", "the finest of its kind"),
        "discount": ("now at 20% off", "on sale today", "and you save money", "at half price"),
        "price": ("for only 4.99", "and it costs less"),
        "health": ("and it is good for your health", "which helps you sleep"),
        "stock": ("only 3 left", "and it will sell out soon"),
        "person": ("just like Anna Smith", "which your neighbour bought"),
        "quality": ("made from organic cotton", "with free delivery"),
        "maker": ("from Acme", "as seen on TV"),
    },
    "zh": {
        "superlative": ("是全店最好的", "品质第一"),
        "discount": ("现在打八折", "今天特价", "立省20元"),
        "price": ("只要9.9元", "价格更低"),
        "health": ("有益健康", "能帮助睡眠"),
        "stock": ("仅剩3件", "库存不多"),
        "person": ("张伟也买了", "您的邻居也买过"),
        "quality": ("采用有机棉", "免费送货"),
        "maker": ("来自华为", "电视上推荐过"),
    },
}


def plant(sentence: str, facts: Facts, others: list[str], language: str, rng: Random) -> Iterator[tuple[str, str]]:
    """(kind of error, the sentence with it); kinds that the sentence has no place for are left out."""
    main = facts.main
    names = [name for name in (facts.item.title, *main.titles) if f"“{name}”" in sentence]
    foreign = rng.choice([title for title in others if title not in facts.texts])
    if names:
        yield "another item", sentence.replace(f"“{rng.choice(names)}”", f"“{foreign}”", 1)
    if len(set(names)) == 2 and main.kind in ("transitions", "text", "sequence") and main.action:
        first, second = (f"“{name}”" for name in names)
        yield "items swapped", sentence.replace(first, "\0").replace(second, first).replace("\0", second)
    if main.kind == "again" and main.days > 1:
        yield (
            "number",
            sentence.replace(f"{main.days} ", f"{main.days + rng.randint(1, 9)} ", 1).replace(
                f"{main.days}天", f"{main.days + 3}天", 1
            ),
        )
    if main.day is not None:
        wrong = main.day.replace(day=main.day.day % 28 + 1)
        yield "day", sentence.replace(format_date(main.day, language), format_date(wrong, language))
    for true, false in ACTION_VERBS[language].items():
        if true in sentence:
            yield "deed", sentence.replace(true, false, 1)
            break
    if language == "en" and ("You bought" in sentence or "often" in sentence):
        yield "negation", sentence.replace("You bought", "You never bought").replace(" often ", " hardly ever ")
    if language == "zh" and "您" in sentence:
        yield "negation", sentence.replace("您", "您从未", 1)
    ending = sentence[-1]
    for kind, claims in ADDED[language].items():
        claim = rng.choice(claims)
        joint = "，" if language == "zh" else ", "
        yield kind, sentence[:-1] + joint + claim + ending
