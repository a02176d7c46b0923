"""Shoppers nobody has seen: `python -m benchmarks.newcomers [--held 300] [--json OUT]`: how much helps what is known?

Some shoppers of the settings' shop are held out of training entirely, counts included, and asked as if they had just
come: with nothing, with what they are (attributes), with a first query (the title of the first thing they buy later),
with the first events of their first visit. Right is what they buy after these events, the same for every row.

Shape suffixes: U shoppers, L events.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Annotated

import numpy as np
import torch
import typer
from numpy.typing import NDArray

from benchmarks.common.logged_behaviours import logged_behaviours
from benchmarks.common.result_tables import Row, goal, number, print_report, write_report
from features.offline import read_events
from recommender.data.catalog import Catalogue
from recommender.data.event_weights import DAY, PURCHASE
from recommender.data.history import History
from recommender.data.side_info import Background, Search
from recommender.db.engine import session_scope
from recommender.embeddings.text import load_vectors
from recommender.encoders.base import Encoder, encoder_id, load_encoder
from recommender.models.bundle import ModelBundle
from recommender.profiles.user_state import Shopper, prepare
from recommender.ranking.metrics import all_metrics
from recommender.ranking.pipeline import rank
from recommender.search.text.normalization import fold
from recommender.settings import get_settings
from recommender.store.intervals import day_end, recorded_stretch
from recommender.store.side_info import load_attributes
from training.config import TrainParams
from training.data.interactions import Log, Window, make_log
from training.data.side_info import SideInfo
from training.evaluation.evaluate import judge
from training.fit.model_parts import Origin, Texts
from training.fit.trainer import learn

FIRST_EVENTS = 5
METRICS = ("NDCG@20", "Recall@20")
POPULARITY, NOTHING_KNOWN, ATTRIBUTES, QUERY = "popularity", "nothing", "demographics", "first query"
BOTH = "demographics and first query"
app = typer.Typer(add_completion=False)


@dataclass(frozen=True)
class Newcomer:
    """`first`: the first events of their first visit; `wanted`: rows of what they bought after these."""

    user_id: str
    first: History
    wanted: NDArray[np.int64]
    query: str


@dataclass(frozen=True)
class Shop:
    """`attributes`: of shoppers by id, in words. The last `days` of the log are asked about."""

    catalogue: Catalogue
    texts: Texts
    log: Log
    attributes: dict[str, tuple[str, ...]]
    until: datetime
    days: int = 28

    @property
    def moment(self) -> int:
        return int((self.until - timedelta(days=self.days)).timestamp())


@app.command()
def newcomers(
    held: Annotated[int, typer.Option(min=10, help="shoppers held out, at most")] = 300,
    seed: Annotated[int, typer.Option(help="of the choice of shoppers and of training; weights were set on 0's")] = 1,
    json_out: Annotated[Path | None, typer.Option("--json", help="also write the rows and goals here")] = None,
) -> None:
    """Measure and print one table."""
    torch.set_num_threads(get_settings().threads)
    shop, encoder = settings_shop(), load_encoder(get_settings())
    rows, count = measure(shop, encoder, held, seed)
    title = f"{count} shoppers held out entirely, asked about {shop.days} days"
    print_report(title, rows, goals := goals_of(rows))
    write_report(json_out, title, rows, goals)


def settings_shop() -> Shop:
    """The shop of the settings' home, with all its events of a year."""
    encoder = encoder_id(get_settings())
    with session_scope() as session:
        catalogue, attributes = Catalogue.from_database(session), load_attributes(session)
        texts = Texts(encoder, *load_vectors(session, encoder, catalogue.content_hashes))
        stretch = recorded_stretch(session)
    if stretch is None:
        raise typer.BadParameter("there are no events: run `make demo` first, or set ZHIYIN_HOME")
    until = day_end(stretch.end)
    log = make_log(read_events(until - timedelta(days=365), until), catalogue)
    return Shop(catalogue, texts, log, attributes, until)


def measure(
    shop: Shop, encoder: Encoder, held: int, seed: int, params: dict[str, float] | None = None
) -> tuple[list[Row], int]:
    """A row for each thing that may be known, and how many shoppers were asked."""
    asked = list(held_out(shop, held, seed))
    bundle = learned_without(shop, {one.user_id for one in asked}, seed, params or {})
    vectors = encoder.encode_queries([fold(one.query) for one in asked])
    queries = [
        Search.of("first", one.query, int(one.first.times[0]), encoder.encoder_id, vector)
        for one, vector in zip(asked, vectors, strict=True)
    ]
    of = [Background(attributes=shop.attributes.get(one.user_id, ())) for one in asked]
    searching = [Background(searches=(query,)) for query in queries]
    known: dict[str, list[Shopper]] = {
        NOTHING_KNOWN: [_shopper(bundle, one, 0) for one in asked],
        ATTRIBUTES: [replace(_shopper(bundle, one, 0), background=each) for one, each in zip(asked, of, strict=True)],
        QUERY: [replace(_shopper(bundle, one, 0), background=each) for one, each in zip(asked, searching, strict=True)],
        BOTH: [
            replace(_shopper(bundle, one, 0), background=replace(each, searches=(query,)))
            for one, each, query in zip(asked, of, queries, strict=True)
        ],
    }
    for count in (1, 3, FIRST_EVENTS):
        name = f"first {count} events" if count > 1 else "first event"
        known[name] = [_shopper(bundle, one, count) for one in asked]
        for what, backgrounds in (("demographics", of), ("first query", searching)):
            known[f"{name} and {what}"] = [
                replace(_shopper(bundle, one, count), background=each)
                for one, each in zip(asked, backgrounds, strict=True)
            ]
    everything = np.ones(len(bundle.catalogue), dtype=bool)
    answers = {name: [rank(bundle, one, None, everything)[1] for one in shoppers] for name, shoppers in known.items()}
    rankings = {POPULARITY: [bundle.sellers] * len(asked), **answers}
    return [
        {"system": name, **_metrics(ranked, known[NOTHING_KNOWN], asked)} for name, ranked in rankings.items()
    ], len(asked)


def held_out(shop: Shop, held: int, seed: int) -> Iterator[Newcomer]:
    """Shoppers whose attributes are known (all, where nobody's are) and who bought enough in the days asked about."""
    events, bounds = shop.log.events, shop.log.bounds_U
    able = [user for user, name in enumerate(shop.log.shoppers) if name in shop.attributes or not shop.attributes]
    chosen = 0
    for user in np.random.default_rng(seed).permutation(able).tolist():
        span = np.arange(bounds[user], bounds[user + 1])
        span = span[events.times[span] >= shop.moment]
        visit = span[events.times[span] // DAY == events.times[span[0]] // DAY] if len(span) else span
        after = span[FIRST_EVENTS:]
        after = after[events.event_types[after] == PURCHASE]
        if len(visit) < FIRST_EVENTS or not len(after):
            continue
        title = shop.catalogue.titles[events.items[after[0]]]
        wanted = np.unique(events.items[after]).astype(np.int64)
        yield Newcomer(shop.log.shoppers[user], _history(shop, visit[:FIRST_EVENTS]), wanted, title)
        chosen += 1
        if chosen == held:
            return


def _history(shop: Shop, span: NDArray[np.int64]) -> History:
    events = shop.log.events
    return History(
        shop.log.event_ids[span],
        shop.catalogue.ids[events.items[span]],
        events.event_types[span],
        events.values[span],
        events.times[span],
    )


def learned_without(shop: Shop, held: set[str], seed: int, params: dict[str, float]) -> ModelBundle:
    """The model as it stands when the days asked about begin, from all others."""
    away_U = np.array([name in held for name in shop.log.shoppers])
    kept_L = ~away_U[shop.log.events.users]
    others = Log(shop.log.shoppers, shop.log.events.take(kept_L), shop.log.event_ids[kept_L])
    training = TrainParams(until=shop.until, days=365, test_days=shop.days, seed=seed, **params)
    origin = Origin("newcomers", datetime.now(UTC), "", "")
    side_info = SideInfo(attributes=shop.attributes, behaviour=logged_behaviours(others, shop.catalogue))
    return learn(shop.catalogue, shop.texts, others, training, origin, {}, None, side_info)


def _shopper(bundle: ModelBundle, one: Newcomer, count: int) -> Shopper:
    """Just after so many events of theirs."""
    history = one.first.take(slice(0, count))
    moment = int(one.first.times[max(count, 1) - 1]) + 1
    return prepare(history, bundle.catalogue, moment)


def _metrics(ranked: list[NDArray[np.int64]], shoppers: list[Shopper], asked: list[Newcomer]) -> Row:
    test = Window(0, np.arange(len(asked)), [one.wanted for one in asked])
    pool = np.ones(
        int(max(rows.max() for rows in ranked)) + 1 + max(int(one.wanted.max()) for one in asked), dtype=bool
    )
    found = all_metrics(*judge(ranked, shoppers, test, pool))
    return {name: number([found[name]]) for name in METRICS}


def goals_of(rows: list[Row]) -> list[Row]:
    """Each thing that is known is to beat popularity, and the visit itself all else."""
    value = {row["system"]: row["NDCG@20"]["mean"] for row in rows}
    visit = f"first {FIRST_EVENTS} events"
    pairs: list[tuple[str, str]] = [(name, POPULARITY) for name in (ATTRIBUTES, QUERY, visit)]
    pairs += [(visit, ATTRIBUTES), (visit, QUERY)]
    return [goal(f"NDCG@20 with {one} against {other}", value[one], value[other]) for one, other in pairs]


if __name__ == "__main__":
    app()
