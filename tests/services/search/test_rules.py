from datetime import UTC, datetime

from recommender.db.engine import session_scope
from recommender.db.tables import Recommendation
from recommender.reranking.rules import Rule
from recommender.store.rules import add_rule
from services.container import Shop
from services.schemas.search import SearchRequest
from services.state.preferences import NO_PREFERENCES
from services.storefront.sections import browse
from tests.services.search.conftest import looked_for


def test_a_rule_holds_in_search_and_while_browsing_and_what_was_shown_names_it(embedded_shop: Shop) -> None:
    shop, now = embedded_shop, datetime.now(UTC)
    with session_scope(shop.engine) as session:
        add_rule(session, Rule("", "exclude", "item", "tea-0"), "ann", "recalled", now)
        boost = add_rule(session, Rule("", "boost", "item", "tea-7", 1e6), "ann", "season", now)
    before = looked_for(shop, SearchRequest(query="tea"))
    assert "tea-0" in [item.item_id for item in before.items]
    shop.watcher.look()
    answer = shop.searcher.search(SearchRequest(query="tea"), datetime.now(UTC))
    assert answer.items[0].item_id == "tea-7"
    assert [(one.rule_id, one.action) for one in answer.items[0].rules] == [(boost.rule_id, "boost")]
    assert "tea-0" not in [item.item_id for item in answer.items]
    assert answer.total == before.total - 1
    assert answer.facets.categories[0].count == answer.total
    assert "tea-0" not in [item.item_id for item in browse(shop, NO_PREFERENCES, "Tea", 1, now).items]
    shop.impressions.start()
    shop.impressions.stop()  # what was shown is written
    with session_scope(shop.engine) as session:
        shown = session.get_one(Recommendation, answer.recommendation_id)
        assert shown.items[0] == {"item_id": "tea-7", "score": answer.items[0].score, "rules": [boost.rule_id]}
