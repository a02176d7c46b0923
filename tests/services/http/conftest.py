"""What each endpoint is sent, about one shopper."""

from typing import Any

OWN, OTHER = "u1", "u2"
# a request of each endpoint that is about OWN; what isn't here is a GET
BODIES: dict[str, dict[str, Any]] = {
    "/recommend": {"user_id": OWN, "n": 1},
    "/similar": {"item_id": "tea-1", "n": 1},
    "/search": {"user_id": OWN, "query": "tea"},
    "/explain": {"user_id": OWN, "item_id": "tea-1"},
    "/offers": {"user_id": OWN},
    "/events": {"events": [{"event_id": "a-1", "user_id": OWN, "item_id": "tea-1", "event_type": "view"}]},
    "/profile": {"user_id": OWN},
    "/assistant": {"user_id": OWN, "question": "Where is my order?"},
    "/profile/mute": {"user_id": OWN, "kind": "category", "key": "Tea"},
    "/profile/remove_event": {"user_id": OWN, "event_id": "none"},
    "/profile/consent": {"user_id": OWN, "purpose": "marketing"},
    "/profile/export": {"user_id": OWN},
    "/profile/erase": {"user_id": OWN},
    "/profile/wish": {"user_id": OWN, "wish": "no tea"},
    "/profile/undo": {"user_id": OWN},
    "/act": {},
    "/ask": {},
    "/items": {"items": [{"item_id": "of-a-key", "title": "Of a key", "hidden": True}]},
    "/items/{item_id*}/aliases": {"aliases": []},
    "/users": {"users": [{"user_id": "of-a-key"}]},
}
METHODS = {"/items": "PUT", "/items/{item_id*}/aliases": "PUT", "/users": "PUT"}  # of what isn't a POST
ADDRESSES = {
    "/campaigns/{campaign_id}/audience": "/campaigns/1/audience",
    "/items/{item_id*}/aliases": "/items/tea-1/aliases",
    "/items/{item_id*}/similar": "/items/tea-1/similar",
    "/items/{item_id*}": "/items/tea-1",
    "/erasures/{receipt}": "/erasures/" + "0" * 32,
    "/reports/{path*}": "/reports/none/report.html",
    "/static/{path*}": "/static/site.css",
}
