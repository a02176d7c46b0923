"""Call the service from a shop's server: recommendations for a page, and what the shopper did with them.

Start the service first (`zhiyin serve`). Anywhere but on loopback it asks for a key, which `Authorization: Bearer KEY`
brings and `zhiyin keys create --scope server` makes. `GET /docs` shows the whole interface.
"""

import sys
import uuid
from typing import Any

import httpx


class Recommendations:
    """A shop's way to the service: one connection pool, one key, and a longest wait for an answer."""

    def __init__(self, url: str, key: str | None = None, seconds: float = 5.0) -> None:
        headers = {"Authorization": f"Bearer {key}"} if key else {}
        self._http = httpx.Client(base_url=url, headers=headers, timeout=seconds)

    def for_page(self, user_id: str, n: int = 5) -> dict[str, Any]:
        """Items with their reasons, and the `recommendation_id` to name in events."""
        return self._post("/recommend", {"user_id": user_id, "n": n})

    def report(self, user_id: str, item_id: str, what: str, recommendation_id: str | None = None) -> dict[str, Any]:
        """Tells of a view, cart or purchase. Its `event_id` makes it count once, however often it is sent."""
        event = {"event_id": str(uuid.uuid4()), "user_id": user_id, "item_id": item_id, "event_type": what}
        if recommendation_id is not None:
            event["recommendation_id"] = recommendation_id
        return self._post("/events", {"events": [event]})

    def _post(self, path: str, body: dict[str, Any]) -> dict[str, Any]:
        """Raises `httpx.HTTPStatusError`; its response says which field is wrong and what to do."""
        answer = self._http.post(path, json=body)
        answer.raise_for_status()
        found: dict[str, Any] = answer.json()
        return found


def main(url: str = "http://127.0.0.1:3000", user_id: str = "1", key: str | None = None) -> None:
    """Shows a page's recommendations and reports that the first one was looked at."""
    shop = Recommendations(url, key)
    page = shop.for_page(user_id)
    for item in page["items"]:
        print(f"{item['title']}: {item['reason']}")
    first = page["items"][0]["item_id"]
    print(shop.report(user_id, first, "view", page["recommendation_id"]))


if __name__ == "__main__":
    main(*sys.argv[1:4])  # URL, shopper, key
