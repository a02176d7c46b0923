"""The patterns of the sentences about goods, in English and Chinese."""

from collections.abc import Mapping
from dataclasses import dataclass

from recommender.data.availability import BACKORDER, PREORDER


@dataclass(frozen=True, slots=True)
class Phrases:
    """A language's patterns; `to_order` by what the shop says of an item's availability."""

    have: str
    price: str
    costs: str
    to_order: Mapping[str, str]
    is_gone: str
    are_gone: str
    gone_aside: str
    is_preorder: str
    is_backorder: str
    few: str
    there: str
    cheapest: str
    dearest: str
    gap: str
    same: str
    near: str
    none: str
    none_cheaper: str
    basket: str
    comma: str
    semicolon: str
    space: str
    end: str


ENGLISH = Phrases(
    have="We have {goods}.",
    price=" ({price})",
    costs="{good} costs {price}",
    to_order={PREORDER: ", on pre-order", BACKORDER: ", on back-order"},
    is_gone="{goods} is sold out at the moment.",
    are_gone="{goods} are sold out at the moment.",
    gone_aside=" and is sold out at the moment",
    is_preorder="{good} is on pre-order.",
    is_backorder="{good} is on back-order.",
    few="{good} is in stock, {count} left.",
    there="{good} is in stock.",
    cheapest="The cheapest is {good}.",
    dearest="The most expensive is {good}.",
    gap="{less} is {gap} cheaper than {more}.",
    same="{less} and {more} cost the same.",
    near="I find nothing that fits all of that. This comes closest: {goods}.",
    none="I find no such product in our shop.",
    none_cheaper="I find nothing cheaper of that kind.",
    basket="Shall I put {good} into your basket?",
    comma=", ",
    semicolon="; ",
    space=" ",
    end=".",
)
CHINESE = Phrases(
    have="本店有：{goods}。",
    price="（{price}）",
    costs="{good}的价格是{price}",
    to_order={PREORDER: "（预售）", BACKORDER: "（需订货）"},
    is_gone="{goods}目前缺货。",
    are_gone="{goods}目前缺货。",
    gone_aside="，目前缺货",
    is_preorder="{good}正在预售。",
    is_backorder="{good}需订货。",
    few="{good}有货，还剩{count}件。",
    there="{good}有货。",
    cheapest="最便宜的是{good}。",
    dearest="最贵的是{good}。",
    gap="{less}比{more}便宜{gap}。",
    same="{less}和{more}价格相同。",
    near="没有完全符合的商品，最接近的是：{goods}。",
    none="本店没有找到这样的商品。",
    none_cheaper="没有找到更便宜的同类商品。",
    basket="要把{good}加入购物车吗？",
    comma="、",
    semicolon="；",
    space="",
    end="。",
)
