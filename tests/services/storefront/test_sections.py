"""What the storefront shows beside the first answer: the basket, shelves, categories and what is found."""

from datetime import UTC, datetime, timedelta

from services.container import Shop
from services.schemas.profile import EventSeen, ProfileRequest, ProfileResponse
from services.state.preferences import NO_PREFERENCES, Control
from services.storefront.sections import BASKET_LIFETIME, ITEMS_A_ROW, PAGE, basket, browse, find, main_categories, rows
from tests.support.profiles import AS_OF
from tests.support.shops.shop import CATEGORIES, SHOP_UNTIL

NOW = SHOP_UNTIL + timedelta(hours=1)


def profile(*events: tuple[str, str, timedelta]) -> ProfileResponse:
    """Of events as a page reads them, the newest first: kind, item, and how long ago."""
    recent = [
        EventSeen(event_id=str(place), event_type=kind, item_id=item, title="", time=NOW - ago)
        for place, (kind, item, ago) in enumerate(events)
    ]
    plain = {"user_id": "u", "profile_version": 1, "model_version": "m", "as_of": AS_OF, "summary": ""}
    return ProfileResponse.model_validate({**plain, "affinities": [], "recent": recent, "degraded": []})


MINUTE = timedelta(minutes=1)


def test_a_basket_is_what_was_put_in_lately_and_not_bought_since() -> None:
    inside = profile(
        ("purchase", "bought", MINUTE),
        ("cart", "tea", 2 * MINUTE),
        ("cart", "bought", 3 * MINUTE),
        ("view", "seen", 4 * MINUTE),
        ("cart", "coffee", 5 * MINUTE),
        ("cart", "tea", 6 * MINUTE),
        ("purchase", "tea", 7 * MINUTE),
        ("cart", "long ago", BASKET_LIFETIME + MINUTE),
    )
    assert basket(inside, NOW) == ["tea", "coffee"]
    assert basket(profile(), NOW) == []


def test_shelves_are_those_that_have_something_to_show(module_shop: Shop) -> None:
    assert rows(module_shop, None, "", "en", NOW) == [], "the shop sells products alone"
    told = module_shop.answers.profile(ProfileRequest(user_id="u1"), NOW)
    inside = told.model_copy(update={"recent": profile(("cart", "tea-1", MINUTE)).recent})
    found = {row.name: row.answer for row in rows(module_shop, inside, "u1", "en", NOW)}
    assert "cart" in found
    assert 0 < len(found["cart"].items) <= ITEMS_A_ROW
    assert "tea-1" not in [item.item_id for item in found["cart"].items]


def test_a_category_is_browsed_page_by_page_and_what_is_muted_is_not_in_it(module_shop: Shop) -> None:
    first, second = (browse(module_shop, NO_PREFERENCES, "Shop", page, NOW) for page in (1, 2))
    assert (first.total, first.pages, len(first.items), len(second.items)) == (60, 3, PAGE, PAGE)
    assert not {item.item_id for item in first.items} & {item.item_id for item in second.items}
    assert browse(module_shop, NO_PREFERENCES, "Shop", 99, NOW).page == 3
    assert browse(module_shop, NO_PREFERENCES, "Shop", -5, NOW).page == 1
    muted = browse(module_shop, Control(categories=frozenset({"Tea"})), "Shop", 1, NOW)
    assert muted.total == 50
    nothing = browse(module_shop, NO_PREFERENCES, "none", 1, NOW)
    assert (nothing.items, nothing.total, nothing.pages) == ([], 0, 1)


def test_the_widest_categories_are_listed_by_what_they_sell(module_shop: Shop) -> None:
    assert main_categories(module_shop.models.needed().bundle, NOW) == ["Shop"]
    assert set(CATEGORIES).isdisjoint(main_categories(module_shop.models.needed().bundle, NOW))


def test_a_query_is_found_and_is_one_event_however_often_the_page_is_loaded(module_shop: Shop) -> None:
    module_shop.searcher.look()
    for _ in range(2):
        found = find(module_shop, "u7", "oolong", "", 1, NOW)
        assert [item.item_id for item in found.items][:1] == ["tea-2"]
    recent = module_shop.answers.profile(ProfileRequest(user_id="u7"), datetime.now(UTC)).recent
    assert [event.event_type for event in recent].count("search") == 1
    assert find(module_shop, "u7", "oolong", "Coffee", 1, NOW).total == 0
    assert find(module_shop, "", "oolong", "", 9_999_999, NOW).page > 1
