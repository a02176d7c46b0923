"""What a shopper does and says about their data, as calls of the service's parts."""

from datetime import timedelta

from services.container import Shop
from services.schemas.events import EventsResponse, NewEvent
from services.schemas.privacy import ConsentRequest, MuteRequest
from services.schemas.profile import ProfileRequest, ProfileResponse
from services.schemas.recommend import RecommendRequest
from tests.support.shops.shop import SHOP_UNTIL

NOW = SHOP_UNTIL + timedelta(hours=1)
DAYS = (SHOP_UNTIL - timedelta(days=3), SHOP_UNTIL + timedelta(days=1))


def take(shop: Shop, user: str, item: str, event_id: str, kind: str = "purchase") -> EventsResponse:
    event = {"event_id": event_id, "user_id": user, "item_id": item, "event_type": kind, "time": SHOP_UNTIL}
    return shop.intake.take([NewEvent.model_validate(event)], NOW)


def shown(shop: Shop, user: str, n: int = 40, **more: object) -> list[str]:
    question = RecommendRequest.model_validate({"user_id": user, "n": n, **more})
    return [item.item_id for item in shop.answers.recommend(question, NOW).items]


def profile(shop: Shop, user: str) -> ProfileResponse:
    return shop.answers.profile(ProfileRequest(user_id=user), NOW)


def mute(shop: Shop, user: str, kind: str, key: str, muted: bool = True) -> bool:
    question = MuteRequest.model_validate({"user_id": user, "kind": kind, "key": key, "muted": muted})
    return shop.privacy.mute(question, NOW).changed


def consent(shop: Shop, user: str, purpose: str, given: bool) -> bool:
    question = ConsentRequest.model_validate({"user_id": user, "purpose": purpose, "given": given})
    return shop.privacy.consent(question, NOW).changed
