"""A shopper who has done nothing yet: what they are and what they search for moves what sells, with a true reason."""

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import numpy as np
import pytest

from recommender.data.history import History
from recommender.data.side_info import NOTHING, Background, Search
from recommender.explain.templates import SentenceContext, explain
from recommender.models.bundle import ModelBundle
from recommender.models.counting.demographics import LIFTED
from recommender.profiles.profile import Profile, build_profile
from recommender.profiles.user_state import prepare
from recommender.ranking.pipeline import RankingQuery, ScoredItem, recommend
from recommender.retrieval.search_intent import find_search_intent
from recommender.search.text.normalization import fold
from tests.support.shops.shop import SHOP_UNTIL, shop_catalogue, shop_frame, shop_history
from tests.support.shops.trained import shop_attributes, shop_bundle, shop_bundle_with_attributes, shop_encoder
from training.data.interactions import make_log
from training.data.side_info import SideInfo

MOMENT = int(SHOP_UNTIL.timestamp())
FAMILY = Background(attributes=("home=family",))


def _search(text: str, days_ago: float = 0.01, event_id: str = "s1") -> Search:
    vector = shop_encoder().encode_queries([fold(text)])[0]
    return Search.of(event_id, text, MOMENT - int(86_400 * days_ago), shop_encoder().encoder_id, vector)


def _profile(bundle: ModelBundle, background: Background, history: History | None = None) -> Profile:
    return build_profile(bundle, "x", history or History.of([]), SHOP_UNTIL, 1, background)


def _top(bundle: ModelBundle, background: Background, n: int = 10, history: History | None = None) -> list[ScoredItem]:
    return recommend(bundle, _profile(bundle, background, history), RankingQuery(n=n), SHOP_UNTIL)


def _count(items: list[ScoredItem], *categories: str) -> int:
    return sum(one.item_id.split("-")[0] in categories for one in items)


def test_a_newcomer_is_answered_as_shoppers_like_them_would_be() -> None:
    bundle = shop_bundle_with_attributes()
    assert "demographic" in bundle.manifest.ranker_columns
    assert "demographic" not in shop_bundle().manifest.ranker_columns
    assert bundle.demographics is not None
    assert bundle.demographics.names == ("home=family", "home=flat", "home=house")
    plain, family = _top(bundle, NOTHING), _top(bundle, FAMILY)
    assert _count(family, "toys", "baby") > _count(plain, "toys", "baby")
    assert _top(bundle, Background(attributes=("home=castle",))) == plain
    told = [one for one in family if "demographic" in [each.source for each in one.evidence]]
    assert told
    lifts = bundle.demographics.everywhere(FAMILY.attributes, len(bundle.catalogue))
    for one in told:
        evidence = next(each for each in one.evidence if each.source == "demographic")
        assert lifts[bundle.catalogue.index[one.item_id]] >= LIFTED
        assert evidence.attributes == {"attributes": "home"}
        assert "details are like yours" in explain(SentenceContext(str, {}), one.item_id, [evidence])


def test_what_comes_later_changes_no_count() -> None:
    log = make_log(shop_frame(), shop_catalogue())
    side_info, popularity = SideInfo(attributes=shop_attributes()), np.arange(60, dtype=np.float32)
    early = int((SHOP_UNTIL - timedelta(days=30)).timestamp())
    known, cut = (side_info.demographics(one, popularity, early) for one in (log, log.before(early)))
    assert (known is None) == (cut is None)
    if known is not None and cut is not None:
        np.testing.assert_array_equal(known.lift_AD, cut.lift_AD)


def test_the_attributes_of_a_known_shopper_are_a_column(tmp_path: Path) -> None:
    bundle = shop_bundle_with_attributes()
    bundle.save(tmp_path / "m")
    history, loaded = shop_history("u5"), ModelBundle.load(tmp_path / "m")
    assert _top(loaded, FAMILY, history=history) == _top(bundle, FAMILY, history=history)
    assert _top(bundle, FAMILY, 40, history) != _top(bundle, NOTHING, 40, history)
    assert _top(shop_bundle(), FAMILY, history=history) == _top(shop_bundle(), NOTHING, history=history)


@pytest.mark.parametrize(("query", "category"), [("dog food", "pets"), ("espresso", "coffee"), ("diapers", "baby")])
def test_a_first_search_brings_what_fits_it(query: str, category: str) -> None:
    searching = Background(searches=(_search(query),))
    found = _top(shop_bundle(), searching)
    assert found[0].item_id.startswith(category)
    assert _count(found, category) > _count(_top(shop_bundle(), NOTHING), category)
    evidence = next(each for each in found[0].evidence if each.source == "search")
    assert (evidence.event_ids, evidence.attributes) == (("s1",), {"query": query})
    assert explain(SentenceContext(str, {}), "x", [evidence]) == f"It fits what you searched for: “{query}”."
    assert explain(SentenceContext(str, {}), "x", [evidence], "zh") == f"与您搜索的“{query}”相符。"


def test_a_search_speaks_in_a_known_shoppers_answer_and_fades() -> None:
    bundle, history = shop_bundle(), shop_history("u0")  # tea
    queries = [Background(searches=(_search("dog food", days),)) for days in (0.01, 60)]
    plain, now, faded = (_top(bundle, one, 60, history) for one in (NOTHING, *queries))
    places = [[one.item_id for one in items].index("pets-0") for items in (now, plain)]
    assert places[0] < places[1]
    assert faded == plain
    assert any(each.source == "search" for one in now for each in one.evidence)


def test_queries_of_another_encoder_or_a_later_moment_say_nothing() -> None:
    bundle, query = shop_bundle(), _search("dog food")
    for other in (replace(query, encoder_id="another"), _search("dog food", -1)):
        shopper = prepare(History.of([]), bundle.catalogue, MOMENT, (), Background(searches=(other,)))
        assert find_search_intent(bundle, shopper) is None
    plain = _top(bundle, NOTHING)
    assert _top(bundle, Background(searches=(replace(query, encoder_id="another"),))) == plain


def test_a_background_survives_its_storage() -> None:
    background = Background({"tea-1": 0.1}, ("age=1", "知音"), (_search("dog food"), _search("猫")))
    assert Background.of_json(background.to_json()) == background
    assert Background.of_json("") == NOTHING == Background()
    assert NOTHING.to_json() == ""
