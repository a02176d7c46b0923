"""`python -m benchmarks.steering [--shops NAMES] [--split NAME] [--llm] [--json OUT]`: do wishes steer?

Wishes written for the demo's shop, the Beauty set and a fashion set (`benchmarks/language/questions/wishes.jsonl`), in
English and Chinese, each with what an item must say and must not say, by plain patterns over title, brand, categories
and attributes that nothing of the reader knows. They are asked of the function that the service asks, by nobody and by
shoppers with a history. The kinds of steering are those of preference discerning (Paischer et al., 2024: positive,
negative, fine and coarse), prices, brands and several at once.
"""

import time
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import Annotated

import numpy as np
import orjson
import typer

from benchmarks.common.result_tables import Row, console, goal, write_report
from benchmarks.language.wish_checker import Checker, Wish
from benchmarks.language.wish_shops import WishShop, open_shops
from recommender.explain.llm import Guarded, LLMAway, load_llm
from recommender.profiles.profile import Profile
from recommender.ranking.pipeline import RankingQuery, allowed
from recommender.scenarios.base import Plan, choose
from recommender.settings import PROJECT_ROOT, get_settings
from recommender.steering.constraints import Understood
from recommender.steering.reading.grammar import understand
from recommender.steering.reading.lookup import CatalogueTerms
from recommender.steering.reading.proposals import ask_llm, is_llm_needed, question_of, with_proposals
from services.wishes.steering import NO_STEERING, Steering, steer
from services.wishes.wishes import usual_brands

DATA = PROJECT_ROOT.parent / "shared" / "data"
WISHES = Path(__file__).parent / "questions" / "wishes.jsonl"
PLACES, ASKERS, LLM_SECONDS = 10, 2, 60.0
SATISFIED, KEPT, FASTEST_MS = 0.95, 0.95, 30.0
KINDS = ("positive", "negative", "fine", "coarse", "price", "brand", "mixed")


@dataclass(frozen=True)
class Reading:
    """A text as the encoder reads it."""

    vector: np.ndarray[tuple[int, ...], np.dtype[np.float32]]
    least: float


@dataclass
class Figures:
    """Of the wishes of one kind or language."""

    satisfied: list[float] = field(default_factory=list)
    none_there: int = 0
    before: list[float] = field(default_factory=list)
    after: list[float] = field(default_factory=list)


def main(
    shops: Annotated[str, typer.Option(help="demo (the settings' home), beauty, fashion.")] = "demo,beauty,fashion",
    split: Annotated[str, typer.Option(help="test: the half that counts; tune: the half for choosing.")] = "test",
    data: Annotated[Path, typer.Option(help="The folder of the public data sets.")] = DATA,
    llm: Annotated[bool, typer.Option(help="Ask the settings' text LLM, too, of a tenth of the wishes.")] = False,
    misses: Annotated[bool, typer.Option(help="Print each wish that is not satisfied.")] = False,
    out: Annotated[Path | None, typer.Option("--json", help="Write the rows and goals there, too.")] = None,
) -> None:
    """Measures and prints a table."""
    wishes = [Wish(**orjson.loads(line)) for line in WISHES.read_text().splitlines()]
    wishes = [one for one in wishes if one.split == split]
    bench = Bench(misses)
    opened = list(open_shops(shops.split(","), data))
    for shop in opened:
        answer(shop, "热身 warm up gift", None)
        bench.ask_all(shop, [one for one in wishes if one.shop == shop.name])
    rows = bench.rows()
    engine = load_llm(get_settings()) if llm else None
    if engine is not None:
        rows.append(bench.row_with(engine, opened, wishes))
    title = f"{len(wishes)} wishes of the {split} half; {', '.join(shop.name for shop in opened)}"
    goals = bench.goals()
    show(title, rows, goals)
    write_report(out, title, rows, goals)


class Bench:
    """What was found; `misses`: what was not satisfied is printed."""

    def __init__(self, misses: bool = False) -> None:
        self.misses = misses
        self.figures: dict[str, Figures] = defaultdict(Figures)
        self.read_ms: list[float] = []
        self.added_ms: list[float] = []

    def ask_all(self, shop: WishShop, wishes: Sequence[Wish]) -> None:
        checker = Checker(shop)
        for wish in wishes:
            buyers = [user for user in shop.profiles if checker.bought_of(user, wish)]
            askers = [None, *(buyers or list(shop.profiles))[:ASKERS]]
            for user in askers:
                self.ask(shop, checker, wish, shop.profiles.get(user) if user else None)
            if wish.kind in ("positive", "fine"):
                for user in buyers:
                    self.compare(shop, checker, wish, shop.profiles[user])

    def ask(self, shop: WishShop, checker: Checker, wish: Wish, profile: Profile | None) -> None:
        found, read_ms, added_ms = answer(shop, wish.wish, profile)
        self.read_ms.append(read_ms)
        self.added_ms.append(added_ms)
        if self.misses and added_ms > FASTEST_MS:
            console.print(f"slow: {read_ms:.0f} + {added_ms - read_ms:.0f} ms {wish.wish!r}")
        if not wish.expects:
            return
        right = checker.satisfying(wish, profile)
        for name in (wish.kind, wish.language, wish.shop):
            if not right:
                self.figures[name].none_there += 1
                continue
            places = min(PLACES, len(right))
            share = sum(item in right for item in found[:places]) / places
            self.figures[name].satisfied.append(share)
        if self.misses and right and share < 1:
            console.print(
                f"{wish.shop} {wish.kind} {share:.2f} {wish.wish!r} {read(shop, wish.wish, profile)}", width=400
            )

    def compare(self, shop: WishShop, checker: Checker, wish: Wish, profile: Profile) -> None:
        """NDCG of what the shopper then bought of the wish's kind, in the answer without the wish and with it."""
        bought = checker.bought_of(profile.user_id, wish)
        for steered, values in ((False, self.figures[wish.kind].before), (True, self.figures[wish.kind].after)):
            found, _, _ = answer(shop, wish.wish if steered else "", profile)
            values.append(ndcg(found, bought))

    def rows(self) -> list[Row]:
        rows: list[Row] = []
        for name in (*KINDS, "en", "zh", "demo", "beauty", "fashion"):
            one = self.figures[name]
            if one.satisfied:
                row: Row = {"system": name, "satisfied@10": np.mean(one.satisfied), "asked": len(one.satisfied)}
                row |= {"no item": one.none_there}
                if one.before:
                    row |= {"NDCG@10": np.mean(one.before), "NDCG@10 steered": np.mean(one.after)}
                    row |= {"bought": len(one.before)}
                rows.append(
                    {key: value if isinstance(value, str | int) else float(value) for key, value in row.items()}
                )
        times = {"read, CPU ms": float(np.median(self.read_ms)), "p99": float(np.quantile(self.read_ms, 0.99))}
        times |= {
            "added, CPU ms": float(np.median(self.added_ms)),
            "added p99": float(np.quantile(self.added_ms, 0.99)),
        }
        return [*rows, {"task": "time", "system": "a wish, no text LLM", **times}]

    def goals(self) -> list[Row]:
        kinds = [self.figures[name] for name in KINDS]
        satisfied = [share for one in kinds for share in one.satisfied]
        before = [value for one in kinds for value in one.before]
        after = [value for one in kinds for value in one.after]
        made = [goal("constraints satisfied in the first ten", float(np.mean(satisfied)), SATISFIED)]
        if sum(before):
            kept = float(np.mean(after)) / float(np.mean(before))
            made.append(goal("NDCG@10 of what was then bought, steered over not", kept, KEPT))
        slow = float(np.quantile(self.added_ms, 0.95))
        return [*made, goal("30 ms over the 95th percentile of what a wish adds, of a core", FASTEST_MS / slow, 1.0)]

    def row_with(self, llm: Guarded, shops: Sequence[WishShop], wishes: Sequence[Wish]) -> Row:
        """How many of the grammar's constraints an answer with the text LLM still has, and what it adds."""
        asked = kept = added = dropped = away = 0
        for shop in shops:
            open_ = [one for one in wishes if one.shop == shop.name and is_llm_needed(read(shop, one.wish, None))]
            for wish in open_[::10] or open_[:1]:
                grammar, terms = read(shop, wish.wish, None), known(shop, None)
                asked += 1
                try:
                    proposed = ask_llm(llm, question_of(wish.wish, grammar, terms), LLM_SECONDS)
                    found = with_proposals(grammar, proposed, terms)
                except LLMAway:
                    away, found = away + 1, grammar
                kept += set(grammar.constraints) <= set(found.constraints)
                added += len(found.constraints) - len(grammar.constraints)
                dropped += found.dropped
        counts = {"wishes": asked, "all kept": kept, "added": added, "dropped": dropped, "no answer": away}
        return {"task": "with a text LLM", "system": llm.model_id, **counts}


def known(shop: WishShop, profile: Profile | None) -> CatalogueTerms:
    nearest = partial(shop.meanings.nearest, read=lambda text: shop.encoder.encode_queries([text])[0])
    return CatalogueTerms(shop.vocabulary, shop.encoder.knows, nearest, usual_brands(profile))


def read(shop: WishShop, wish: str, profile: Profile | None) -> Understood:
    return understand(wish, known(shop, profile))


def answer(shop: WishShop, wish: str, profile: Profile | None) -> tuple[list[str], float, float]:
    """The ten items, the milliseconds of a core it took to read the wish, and those with what steering took."""
    query, plan, began = RankingQuery(n=PLACES), Plan(), time.thread_time()
    steering, read_ms = NO_STEERING, 0.0
    if wish:
        understood = read(shop, wish, profile)
        read_ms = 1000 * (time.thread_time() - began)
        steering = _steered(shop, understood, query, profile)
        plan = replace(plan, only_N=steering.only_N, steered=steering.steered)
    added_ms = 1000 * (time.thread_time() - began)
    page = choose(shop.bundle, profile, query, plan, shop.now)
    return [one.item.item_id for one in page.items], read_ms, added_ms


def _steered(shop: WishShop, understood: Understood, query: RankingQuery, profile: Profile | None) -> Steering:
    level_N = shop.levels.of(profile.history if profile is not None else None)
    allowed_N = allowed(shop.bundle, query, shop.now)
    of_kinds = shop.bundle.catalogue.of_kinds(frozenset({"product"}))
    allowed_N = allowed_N if of_kinds is None else allowed_N & of_kinds
    reading = None
    if understood.about:
        vector = shop.encoder.encode_queries([understood.about])[0]
        reading = Reading(vector, shop.nearness.least(understood.about))
    return steer(shop.front, understood, (), level_N, allowed_N, PLACES, reading, understood.about)


def ndcg(found: Sequence[str], right: Iterable[str]) -> float:
    """At ten places, all right items alike."""
    wanted = set(right)
    gains = [1 / np.log2(place + 2) for place, item in enumerate(found[:PLACES]) if item in wanted]
    best = sum(1 / np.log2(place + 2) for place in range(min(PLACES, len(wanted))))
    return float(sum(gains) / best) if best else 0.0


def show(title: str, rows: Sequence[Row], goals: Sequence[Row]) -> None:
    console.print(title)
    for row in rows:
        parts = (
            f"{name} {value:.3f}" if isinstance(value, float) else f"{name} {value}" for name, value in row.items()
        )
        console.print("  ".join(parts), highlight=False)
    for one in goals:
        met = "met" if one["met"] else "not met"
        console.print(f"{met}: {one['name']}: {one['value']:.4f} (goal {one['target']:.2f})", highlight=False)


if __name__ == "__main__":
    typer.run(main)
