"""The storefront's wish: what was typed, what was understood of it as chips, each of which can be taken off again.

A chip's link names the constraints that are taken off by what they say, so that the page needs no script and keeps
nothing.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING
from zlib import crc32

from services.schemas.recommend import RecommendRequest, RecommendResponse
from services.schemas.wish import MAX_WISH, UnderstoodWish, WishConstraint

if TYPE_CHECKING:
    from services.container import Shop

ABOUT = "about"


@dataclass(frozen=True, slots=True)
class Chip:
    """Something that was understood; `without` is the address part by which it is taken off."""

    label: str
    names: str  # what it stands for in the catalogue, where that is said otherwise
    wanted: bool
    without: str


@dataclass(frozen=True, slots=True)
class Wished:
    """A wish on the page."""

    answer: RecommendResponse
    chips: list[Chip]
    not_understood: list[str]
    loosened: list[str]


def wished(
    shop: "Shop", address: Mapping[str, str], user_id: str, language: str, n: int, now: datetime, w: Mapping[str, str]
) -> Wished | None:
    """What is recommended for the address's wish; None where it has none."""
    wish, off = address.get("wish", "").strip()[:MAX_WISH], taken_off(address)
    if not wish:
        return None
    currency = address.get("currency", "").strip() or None
    whose = {"user_id": user_id or None, "n": n, "language": language, "currency": currency}
    answer = shop.answers.recommend(RecommendRequest.model_validate({**whose, "wish": wish}), now)
    understood = answer.understood or UnderstoodWish()
    if off:
        left = [one for one in understood.constraints if name_of(one) not in off]
        changed = {"constraints": left, "about": "" if ABOUT in off else understood.about}
        request = {**whose, "understood": understood.model_copy(update=changed).model_dump()}
        answer = shop.answers.recommend(RecommendRequest.model_validate(request), now)
        understood = answer.understood or UnderstoodWish()
    return Wished(answer, _chips(understood, off, w), understood.not_understood, understood.loosened)


def taken_off(address: Mapping[str, str]) -> list[str]:
    """The names of chips that the address takes off."""
    return [name for name in address.get("without", "").split(".") if name]


def name_of(constraint: WishConstraint) -> str:
    """A name for what a constraint says, the same each time the wish is read."""
    content = constraint.model_dump_json(exclude={"said", "read_by"})
    return f"{crc32(content.encode()):08x}"


def _chips(understood: UnderstoodWish, off: list[str], w: Mapping[str, str]) -> list[Chip]:
    chips = []
    for one in understood.constraints:
        label, names = _label(one, w), ", ".join(one.values)
        chips.append(Chip(label, names if names.lower() != label else "", one.wanted, ".".join([*off, name_of(one)])))
    if understood.about:
        chips.append(Chip(understood.about, "", True, ".".join([*off, ABOUT])))
    return chips


def _label(one: WishConstraint, w: Mapping[str, str]) -> str:
    label = one.said or ", ".join(one.values) or w.get(f"wish_{one.relation}", one.relation)
    return label if one.wanted else w["wish_no"].format(said=label)
