"""Two small shops to ask, one in English and one in Chinese: goods, an FAQ, two shoppers with what they bought.

Each is the service's own parts in this process, in a home of its own, without a trained model.
"""

import csv
import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from recommender.data.item_text import content_hash, item_text
from recommender.db.engine import close_engines, migrate, session_scope
from recommender.db.tables import FaqEntry, Item, User
from recommender.settings import get_settings
from recommender.store.queries import add_events

if TYPE_CHECKING:
    from services.container import Shop

QUESTIONS = Path(__file__).parents[1] / "questions"
ME, OTHER = "asker", "somebody-7"
# days ago, item, what was paid for it (in the English shop, in the Chinese one)
BOUGHT = (
    (40, "oat-1", 2.19, 21.9), (40, "banana-1", 1.79, 9.9), (20, "coffee-1", 12.99, 129.0),
    (5, "oat-1", 2.19, 21.9), (5, "pasta-1", 1.29, 12.9), (5, "saus-3", 3.99, 39.9),
)  # fmt: skip
OTHERS = ((3, "diaper-1", 12.49, 89.9), (3, "cat-1", 7.49, 49.0))  # what only the other shopper bought


@contextmanager
def open_assistant_shop(
    language: str, faq: list[tuple[str, str]], poison: Mapping[str, Sequence[str]] | None = None
) -> Iterator["Shop"]:
    """The shop of this language, open to questions; `poison` are texts for titles or descriptions (see `_items`)."""
    with TemporaryDirectory(prefix="zhiyin-asked-") as home:
        former = {name: os.environ.get(name) for name in ("ZHIYIN_HOME", "ZHIYIN_LLM")}
        os.environ |= {"ZHIYIN_HOME": home, "ZHIYIN_LLM": os.environ.get("ZHIYIN_LLM", "none")}
        _forget()
        try:
            migrate()
            _fill(language, faq, poison or {})
            yield _opened()
        finally:
            for name, value in former.items():
                os.environ.pop(name, None) if value is None else os.environ.update({name: value})
            _forget()


def _opened() -> "Shop":
    from services.container import Shop

    shop = Shop(get_settings())
    shop.watcher.look()
    shop.searcher.look()
    return shop


def _forget() -> None:
    get_settings.cache_clear()
    close_engines()


def _fill(language: str, faq: list[tuple[str, str]], poison: Mapping[str, Sequence[str]]) -> None:
    now = datetime.now(UTC)
    with session_scope() as session:
        session.add_all(_items(language, poison, now))
        session.add_all([User(user_id=user_id) for user_id in (ME, OTHER)])
        session.add_all(
            FaqEntry(faq_id=f"faq-{place}", question=question, answer=answer, language=language, updated_at=now)
            for place, (question, answer) in enumerate(faq)
        )
        session.flush()
        rows = [(ME, *row) for row in BOUGHT] + [(OTHER, *row) for row in OTHERS]
        add_events(
            session,
            [
                {
                    "event_id": f"{user}-{place}",
                    "user_id": user,
                    "session_id": f"{user}-{days}",
                    "item_id": item_id,
                    "event_type": "purchase",
                    "value": in_chinese if language == "zh" else in_english,
                    "time": now - timedelta(days=days),
                }
                for place, (user, days, item_id, in_english, in_chinese) in enumerate(rows)
            ],
        )


def _items(language: str, poison: Mapping[str, Sequence[str]], now: datetime) -> list[Item]:
    """The goods of the file; of the texts for "title" and "description", each is added to another product's."""
    with (QUESTIONS / f"goods_{language}.csv").open(encoding="utf-8") as lines:
        rows = list(csv.DictReader(lines))
    items = []
    titles, descriptions = poison.get("title", ()), poison.get("description", ())
    for place, row in enumerate(rows):
        in_title = titles[place] if place < len(titles) else ""
        in_description = descriptions[place] if place < len(descriptions) else ""
        attributes = dict(part.split("=") for part in row["attributes"].split(";") if part)
        title = f"{row['title']} {in_title}".strip()
        description = f"{row['description']} {in_description}".strip()
        path = [row["category"]]
        text = item_text(title, description, row["brand"], path, attributes)
        items.append(
            Item(
                item_id=row["item_id"],
                title=title,
                description=description,
                brand=row["brand"],
                categories=path,
                price=float(row["price"]),
                currency="CNY" if language == "zh" else "USD",
                stock=float(row["stock"]),
                availability=row["availability"],
                attributes=attributes,
                language=language,
                content_hash=content_hash(text),
                updated_at=now,
            )
        )
    return items
