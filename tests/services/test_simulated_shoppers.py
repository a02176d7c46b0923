"""Shoppers with known tastes ask a real service and buy by what they are shown: the report finds what sells more."""

import subprocess
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import numpy as np
import orjson
import pytest

from tests.services.conftest import Served, serving_a_shop
from tests.support.commands import ZHIYIN
from tests.support.shops.shop import CATEGORIES

pytestmark = pytest.mark.slow
POPULATION = 260
LOOKS_AT = 2  # items
PRICE = 5.0  # of everything, so that who buys more spends more
BUYS = 0.7  # how likely one of them is bought that is to their taste
LATER = timedelta(days=15)  # when the report is read


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    with serving_a_shop(tmp_path_factory.mktemp("simulated")) as service:
        yield service


def command(served: Served, *arguments: str) -> str:
    done = subprocess.run([ZHIYIN, *arguments], env=served.environment, capture_output=True, text=True, check=True)
    return done.stdout


def taste(number: int) -> str:
    return CATEGORIES[number % len(CATEGORIES)].lower()


def introduce(client: httpx.Client, shopper: str, number: int) -> None:
    """Three purchases of what they like."""
    events = [
        {
            "event_id": f"{shopper}-{place}",
            "user_id": shopper,
            "item_id": f"{taste(number)}-{place}",
            "value": 2.0 + place,
        }
        for place in range(3)
    ]
    bought = [one | {"event_type": "purchase", "quantity": 1} for one in events]
    assert client.post("/events", json={"events": bought}).status_code == 200


def visit(client: httpx.Client, shopper: str, number: int, rng: np.random.Generator) -> str:
    """They look at the first items, and may buy the first of their taste; says which arm they were answered by."""
    asked = client.post("/recommend", json={"user_id": shopper, "n": LOOKS_AT})
    answer: dict[str, Any] = asked.raise_for_status().json()
    liked = [one for one in answer["items"] if one["item_id"].startswith(taste(number))]
    if liked and rng.random() < BUYS:
        action = {"event_type": "purchase", "item_id": liked[0]["item_id"], "value": PRICE, "quantity": 1}
        named = {
            "event_id": f"{shopper}-{answer['recommendation_id']}",
            "recommendation_id": answer["recommendation_id"],
        }
        assert client.post("/events", json={"events": [action | named | {"user_id": shopper}]}).status_code == 200
    return str((answer["experiment"] or {"arm": ""})["arm"])


def await_experiment(client: httpx.Client) -> None:
    """A running service takes a new experiment in within a second or two."""
    deadline = time.monotonic() + 20
    while client.post("/recommend", json={"user_id": "somebody", "n": 1}).json()["experiment"] is None:
        assert time.monotonic() < deadline
        time.sleep(0.2)


def experiment(served: Served, name: str, *arms: str) -> dict[str, Any]:
    """Everybody comes once while it runs; what the report says of it two weeks later."""
    command(served, "experiments", "start", name, *(f"--arm={arm}" for arm in arms), "--reason", "to see")
    rng, arms_seen = np.random.default_rng(3), set[str]()
    with httpx.Client(base_url=served.url, timeout=30) as client:
        for number in range(POPULATION):
            introduce(client, f"{name}-{number}", number)
        await_experiment(client)
        for number in range(POPULATION):
            arms_seen.add(visit(client, f"{name}-{number}", number, rng))
    assert len(arms_seen) == 2
    until = f"{datetime.now(UTC) + LATER:%Y-%m-%d}"
    content = orjson.loads(command(served, "report", "--json", "--until", until))
    command(served, "experiments", "end", name, "--reason", "seen enough")
    found: dict[str, Any] = next(one for one in content["experiments"] if one["experiment_id"] == name)
    return found


def test_the_arm_that_knows_its_shoppers_sells_more(served: Served) -> None:
    found = experiment(served, "worth", "everybody's=0.5,personalised=false", "their own=0.5")
    first, second = found["arms"]
    assert min(first["shoppers"], second["shoppers"]) >= 100
    assert found["sample_ratio_p"] > 0.001
    assert second["verdict"] == "better"
    assert second["revenue_more"]["low"] > 0
    assert second["clicked"] is not None


def test_arms_that_are_alike_are_not_told_apart(served: Served) -> None:
    found = experiment(served, "alike", "one=0.5", "other=0.5")
    more = found["arms"][1]["revenue_more"]
    assert more["low"] <= 0 <= more["high"]
    assert found["arms"][1]["verdict"] == "alike"
