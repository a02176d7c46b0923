"""What the text LLM is asked, and the sentences it may choose from: one pattern a kind of fact and language.

A pattern says nothing that its fact doesn't, whichever words are chosen; items, numbers and days can only be copied.
An engine that can't hold to a grammar is asked the same and writes freely; `verify` reads both alike.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from recommender.explain.facts import Fact, Facts, format_date
from recommender.explain.grammar import Text, to_grammar
from recommender.explain.llm import Prompt

LONGEST_TEXTS = 400  # characters of titles; longer ones get the deterministic sentence


@dataclass(frozen=True, slots=True)
class Phrasing:
    """A language: how it asks, and its patterns by kind of fact."""

    system: str
    examples: tuple[tuple[str, str], ...]
    patterns: Mapping[str, str]
    did: Mapping[str, str]  # what the shopper did with {of}
    which: Mapping[str, str]  # the same after an item: "which you ..."
    it: str
    it_bare: str  # where the item's title would be mistaken for another's
    again_more: str
    more: str
    end: str
    stated_facts: Mapping[str, str]  # facts as the question tells them
    stated_actions: Mapping[str, str]


def prompt_for(facts: Facts, language: str) -> Prompt | None:
    """The question and the grammar of its answers; None for facts too long to be put into one sentence."""
    if sum(map(len, facts.texts)) > LONGEST_TEXTS:
        return None
    speech = CHINESE if language == "zh" else ENGLISH
    letters = sum(map(len, facts.texts))
    tokens = (160 if language == "zh" else 72) + letters
    return Prompt(speech.system, speech.examples, _question(facts, speech, language), grammar(facts, language), tokens)


def grammar(facts: Facts, language: str) -> str:
    """All sentences that may be said of the facts, as GBNF."""
    speech, main = (CHINESE if language == "zh" else ENGLISH), facts.main
    shared = speech.patterns["shared"] if facts.of("shared") else ""
    root = speech.patterns[_kind(main, speech.patterns)] + shared + "{more}" + speech.end
    return to_grammar(root, _rules(facts, speech, language))


def _rules(facts: Facts, speech: Phrasing, language: str) -> dict[str, str]:
    main, others = facts.main, facts.main.titles
    rules: dict[str, str] = {
        "item": Text(f"“{facts.item.title}”"),
        "it": speech.it_bare if facts.item.title in others else speech.it,
        "more": speech.again_more if (main.kind, main.action) == ("again", "purchase") else speech.more,
        "days": Text(str(main.days)),
    }
    rules["first"] = rules["it"].replace("this", "This")
    if others:
        rules["other"] = Text(f"“{others[0]}”")
    if main.action:
        rules["did_it"] = speech.did[main.action].replace("{of}", "{it}")
        rules["did_other"] = speech.did[main.action].replace("{of}", "{other}")
        rules["which"] = speech.which[main.action]
    if main.day is not None:
        rules["day"] = Text(format_date(main.day, language))
    if shared := facts.of("shared"):
        rules["category"] = Text(f"“{shared.titles[0]}”")
    return rules


def _question(facts: Facts, speech: Phrasing, language: str) -> str:
    return "\n".join(_describe_fact(fact, facts, speech, language) for fact in facts.facts)


def _describe_fact(fact: Fact, facts: Facts, speech: Phrasing, language: str) -> str:
    values = {
        "item": facts.item.title,
        "other": fact.titles[0] if fact.titles else "",
        "did": speech.stated_actions.get(fact.action, ""),
        "days": fact.days,
        "day": format_date(fact.day, language) if fact.day else "",
    }
    return speech.stated_facts[_kind(fact, speech.stated_facts)].format(**values)


def _kind(fact: Fact, known: Mapping[str, str]) -> str:
    """The name of the pattern that tells a fact best."""
    better = "again_often" if fact.kind == "again" and fact.days > 1 else f"{fact.kind}_did"
    return better if fact.action and better in known else fact.kind


_PEOPLE = "[shoppers|people|customers]"
_GO_ON = "[often|frequently] [choose|pick|take|go on to] {it}[| next| as well| too]"
ENGLISH = Phrasing(
    system=(
        "You work in a shop. Write one short, friendly sentence that tells a shopper why an item is shown to them. "
        "Use only the facts given. Copy names, numbers and dates exactly. Add no other claim, name or number."
    ),
    examples=(
        (
            "The shopper bought “Oat Biscuits, 8 oz” on 5 days, the last time on 3 March 2025.",
            "You bought “Oat Biscuits, 8 oz” on 5 days, most recently on 3 March 2025, so it may be time for more.",
        ),
        (
            "Shoppers who choose “Camping Tent” often choose “Tent Pegs” next. The shopper bought “Camping Tent”.",
            "You bought “Camping Tent”, and people who choose it often pick “Tent Pegs” next, so this may suit you.",
        ),
        (
            "Shoppers often choose “Desk” and “Desk Lamp” together.",
            "Shoppers who choose “Desk” often pick “Desk Lamp” too, so it could be a good match.",
        ),
        (
            "“Red Mug” is one of the shop's most popular items of late.",
            "“Red Mug” is one of our most popular items these days, so it might suit you as well.",
        ),
    ),
    patterns={
        "again": "[You|You have] {did_it} [on|before, on] {day}",
        "again_often": "[You|You have] {did_it} on {days} [days|different days], "
        "[the last time|most recently|last] on {day}",
        "transitions_did": f"[You {{did_other}}, and {_PEOPLE} who [choose|pick|buy] it {_GO_ON}"
        f"|[Shoppers|People|Customers] who [choose|pick|buy] {{other}}, which you {{which}}, {_GO_ON}]",
        "transitions": f"[Shoppers|People|Customers] who [choose|pick|buy] {{other}} {_GO_ON}",
        "context": "[[Shoppers|People|Customers] who [choose|pick|buy] {other} [often|frequently] [add|pick|take] "
        "{it}[| as well| too]|{first} is [often|frequently] [chosen|picked|taken] together with {other}]",
        "context_text": "{first} is [much like|very like|similar to|close to] {other}",
        "text_did": "{first} is [much like|very like|similar to|close to] {other}, which you {which}",
        "text": "{first} is [much like|very like|similar to|close to] {other}",
        "context_image": "{first} looks [much like|very like|very similar to] {other}",
        "image_did": "{first} looks [much like|very like|very similar to] {other}, which you {which}",
        "image": "{first} looks [much like|very like|very similar to] {other}",
        "sequence_did": "[{first} [fits|is close to|is in line with] what you {which} lately: {other}"
        "|You {did_other} lately, and {it} [fits that|is close to that|is in line with that]]",
        "sequence": "{first} is close to {other} in what shoppers choose",
        "popular": "{first} is [among|one of] [our|the shop's] most popular items[| lately| these days| of late]",
        "new": "{first} is [new in the shop|a new item in the shop][|, and [close to|in line with] what you usually "
        "choose]",
        "shared": "[|; both are in {category}|; both belong to {category}]",
    },
    did={
        "purchase": "[bought|picked up|purchased] {of}",
        "rating": "rated {of}",
        "review": "reviewed {of}",
        "cart": "[put|placed] {of} in your basket",
        "favorite": "saved {of}",
        "view": "[looked at|viewed] {of}",
    },
    which={
        "purchase": "[bought|picked up|purchased]",
        "rating": "rated",
        "review": "reviewed",
        "cart": "[put|placed] in your basket",
        "favorite": "saved",
        "view": "[looked at|viewed]",
    },
    it="[this|{item}]",
    it_bare="this",
    again_more="[|, so [it|this] [may|might|could] be [worth another look|handy again|welcome again"
    "|a good choice again|one to keep in mind]|, so it may be time for [more|another]"
    "|, so [you|we thought you] [may|might] [want|need|like] [it again|it again soon|more soon]]",
    more="[|, so [it|this] [may|might|could] [be worth a look|be a good choice|be a good match|be a good fit for you"
    "|suit you|suit you as well|be useful to you|be of interest]"
    "|, so [you|we thought you] [may|might] [like it|like it too|want to see it|want to try it]]",
    end=".",
    stated_facts={
        "again": "The shopper {did} “{item}” on {day}.",
        "again_often": "The shopper {did} “{item}” on {days} days, the last time on {day}.",
        "transitions": "Shoppers who choose “{other}” often choose “{item}” next.",
        "transitions_did": "Shoppers who choose “{other}” often choose “{item}” next. The shopper {did} “{other}”.",
        "context": "Shoppers often choose “{other}” and “{item}” together.",
        "context_text": "“{item}” is much like “{other}”.",
        "text": "“{item}” is much like “{other}”.",
        "text_did": "“{item}” is much like “{other}”, which the shopper {did}.",
        "context_image": "“{item}” looks much like “{other}”.",
        "image": "“{item}” looks much like “{other}”.",
        "image_did": "“{item}” looks much like “{other}”, which the shopper {did}.",
        "sequence": "“{item}” is close to “{other}” in what shoppers choose.",
        "sequence_did": "“{item}” fits what the shopper {did} lately: “{other}”.",
        "popular": "“{item}” is one of the shop's most popular items of late.",
        "new": "“{item}” is new in the shop, and close to what the shopper usually chooses.",
        "shared": "Both are in the category “{other}”.",
    },
    stated_actions={
        "purchase": "bought",
        "rating": "rated",
        "review": "reviewed",
        "cart": "put in the basket",
        "favorite": "saved",
        "view": "looked at",
    },
)
_ZH_GO_ON = "[常常|往往|经常][会接着选|会接着看|还会选]{it}"
CHINESE = Phrasing(
    system="你是商店店员。请用一句简短、亲切的中文告诉顾客为什么向其展示这件商品。只用给出的事实；"
    "名称、数字、日期照抄；不添加任何别的说法、名称或数字。",
    examples=(
        (
            "顾客在5天里买过“燕麦饼干”，最近一次是2025年3月3日。",
            "您在5天里买过“燕麦饼干”，最近一次是2025年3月3日，或许又到了补货的时候。",
        ),
        (
            "选择“露营帐篷”的顾客，接着常会选“地钉”。顾客买过“露营帐篷”。",
            "您买过“露营帐篷”，选择它的顾客往往会接着选“地钉”，或许也适合您。",
        ),
        ("“红杯子”是本店近期最受欢迎的商品之一。", "“红杯子”是本店近期最受欢迎的商品之一，也许值得一看。"),
    ),
    patterns={
        "again": "您[|曾]在{day}{did_it}",
        "again_often": "您[|曾]在{days}天里{did_it}，[最近一次是|上一次是|上次是]{day}",
        "transitions_did": f"[您{{did_other}}，[选择|选购]它的[顾客|人]{_ZH_GO_ON}"
        f"|[选择|选购]您{{which}}的{{other}}的[顾客|人]，{_ZH_GO_ON}]",
        "transitions": f"[选择|选购]{{other}}的[顾客|人]，{_ZH_GO_ON}",
        "context": "{it}[常常|往往|经常]与{other}一起[选购|购买]",
        "context_text": "{it}与{other}[很相似|十分相似|很相近]",
        "text_did": "{it}与您{which}的{other}[很相似|十分相似|很相近]",
        "text": "{it}与{other}[很相似|十分相似|很相近]",
        "context_image": "{it}[看上去很像|看起来很像]{other}",
        "image_did": "{it}[看上去很像|看起来很像]您{which}的{other}",
        "image": "{it}[看上去很像|看起来很像]{other}",
        "sequence_did": "{it}[符合|贴近]您最近{which}的{other}",
        "sequence": "从顾客的选择看，{it}与{other}[相近|很相近]",
        "popular": "{it}是本店[近期|最近]最受欢迎的商品之一",
        "new": "{it}是[新品|本店新品][|，与您常选的商品相近]",
        "shared": "[|，[同属|都属于]{category}]",
    },
    did={
        "purchase": "[买过|购买过|选购过]{of}",
        "rating": "给{of}评过分",
        "review": "评论过{of}",
        "cart": "把{of}[加入过|放进过]购物车",
        "favorite": "收藏过{of}",
        "view": "[看过|浏览过]{of}",
    },
    which={
        "purchase": "[买过|购买过|选购过]",
        "rating": "评过分",
        "review": "评论过",
        "cart": "[加入过|放进过]购物车",
        "favorite": "收藏过",
        "view": "[看过|浏览过]",
    },
    it="[这件商品|{item}]",
    it_bare="这件商品",
    again_more="[|，[也许|或许|说不定][又到了补货的时候|可以再来一份|值得再看看|又用得上了|您还会需要]]",
    more="[|，[也许|或许|说不定][也适合您|值得一看|可以看看|您也会喜欢|对您有用]]",
    end="。",
    stated_facts={
        "again": "顾客在{day}{did}“{item}”。",
        "again_often": "顾客在{days}天里{did}“{item}”，最近一次是{day}。",
        "transitions": "选择“{other}”的顾客，接着常会选“{item}”。",
        "transitions_did": "选择“{other}”的顾客，接着常会选“{item}”。顾客{did}“{other}”。",
        "context": "“{item}”常与“{other}”一起选购。",
        "context_text": "“{item}”与“{other}”很相似。",
        "text": "“{item}”与“{other}”很相似。",
        "text_did": "“{item}”与顾客{did}的“{other}”很相似。",
        "context_image": "“{item}”看上去很像“{other}”。",
        "image": "“{item}”看上去很像“{other}”。",
        "image_did": "“{item}”看上去很像顾客{did}的“{other}”。",
        "sequence": "从顾客的选择看，“{item}”与“{other}”相近。",
        "sequence_did": "“{item}”符合顾客最近{did}的“{other}”。",
        "popular": "“{item}”是本店近期最受欢迎的商品之一。",
        "new": "“{item}”是新品，与顾客常选的商品相近。",
        "shared": "两者都属于“{other}”。",
    },
    stated_actions={
        "purchase": "买过",
        "rating": "评过分",
        "review": "评论过",
        "cart": "加入过购物车",
        "favorite": "收藏过",
        "view": "看过",
    },
)
