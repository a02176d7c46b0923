"""Questions whose answer is known, for measuring search: a product asked for by a spoilt title, or by who bought it.

It knows a shopfront and histories; what is asked of it, and how the ranks are counted, is `benchmarks.search`'s affair.
"""

import random
import string
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

import numpy as np
import typer
from sqlalchemy import select
from sqlalchemy.orm import Session

from recommender.db.tables import Event
from recommender.models.bundle import ModelBundle
from recommender.profiles.profile import Profile, build_profile
from recommender.search.pipeline import Found
from recommender.search.search_index import Shopfront
from recommender.search.text.tokenization import split_words
from recommender.settings import get_settings
from recommender.store.queries import load_history, promoted_model

CUT = 10  # places that are looked at
LONG_ENOUGH = 5  # letters of a word that gets a typo


def promoted_bundle(session: Session) -> ModelBundle:
    """The model in service in the settings' home."""
    settings, model = get_settings(), promoted_model(session)
    if model is None:
        raise typer.BadParameter(f"no model is promoted in {settings.root}: run `make demo`, or set ZHIYIN_HOME")
    return ModelBundle.load(settings.root / model.path)


@dataclass(frozen=True, slots=True)
class Question:
    """`right` are the items that answer it; with a shopper, the profile is of the moment before they did."""

    query: str
    right: frozenset[str]
    profile: Profile | None = None


def spoilt_titles(
    front: Shopfront, count: int, spoil: Callable[[list[str], random.Random], list[str]], seed: int
) -> list[Question]:
    """Titles of products that may be shown, each spoilt; items of one title are all right."""
    catalogue = front.index.catalogue
    rng = random.Random(seed)  # noqa: S311 (no secret)
    sellable = np.flatnonzero(catalogue.sellable(datetime.now(UTC)))
    by_title: dict[str, list[str]] = {}
    for row in sellable:
        by_title.setdefault(catalogue.titles[row], []).append(str(catalogue.ids[row]))
    long = sorted(title for title in by_title if len(split_words(title)) >= 3 and _spoilable(split_words(title)))
    chosen = rng.sample(long, min(count, len(long)))
    return [Question(" ".join(spoil(split_words(title), rng)), frozenset(by_title[title])) for title in chosen]


def _spoilable(words: Sequence[str]) -> bool:
    return any(len(word) >= LONG_ENOUGH and word.isalpha() for word in words)


def one_word_less(words: list[str], rng: random.Random) -> list[str]:
    place = rng.randrange(len(words))
    return words[:place] + words[place + 1 :]


def one_typo(words: list[str], rng: random.Random) -> list[str]:
    """A letter left out, doubled, swapped with the next or replaced, in one long word."""
    place = rng.choice([place for place, word in enumerate(words) if len(word) >= LONG_ENOUGH and word.isalpha()])
    word = words[place]
    at = rng.randrange(1, len(word) - 1)
    spoilt = rng.choice(
        [
            word[:at] + word[at + 1 :],
            word[:at] + word[at] + word[at:],
            word[:at] + word[at + 1] + word[at] + word[at + 2 :],
            word[:at] + rng.choice(string.ascii_lowercase) + word[at + 1 :],
        ]
    )
    return [*words[:place], spoilt, *words[place + 1 :]]


def bought(session: Session, bundle: ModelBundle, front: Shopfront, count: int, seed: int) -> list[Question]:
    """Purchases after the model's last day, each asked for by what kind of thing it is: its title without figures.

    Only the very item that was bought is right; the profile knows what came before that shopping trip.
    """
    rng = random.Random(seed)  # noqa: S311 (no secret)
    after = select(Event).where(Event.time >= bundle.manifest.until, Event.event_type == "purchase")
    rows = session.scalars(after.order_by(Event.id)).all()
    index = front.index.catalogue.index
    questions: list[Question] = []
    for event in rng.sample(rows, min(4 * count, len(rows))):
        if event.item_id not in index or event.user_id is None:
            continue
        kind = [word for word in split_words(front.index.catalogue.titles[index[event.item_id]]) if word.isalpha()]
        history = load_history(session, event.user_id, until=event.time)
        if len(kind) >= 1 and len(history) and len(questions) < count:
            profile = build_profile(bundle, event.user_id, history, event.time, 1)
            questions.append(Question(" ".join(kind[:3]), frozenset({event.item_id}), profile))
    return questions


def reciprocal_rank(found: Found, right: frozenset[str]) -> float:
    """Of the first right item among the first places; 0 where none is there."""
    places = [place for place, hit in enumerate(found.hits[:CUT], 1) if hit.item_id in right]
    return 1 / places[0] if places else 0.0
