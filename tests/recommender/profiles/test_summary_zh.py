"""The profile's sentence in Chinese: the same affinities as in English, and nothing else."""

from recommender.data.history import History
from recommender.profiles.affinities import Affinity
from recommender.profiles.profile import build_profile
from recommender.profiles.summary_zh import NOTHING, chinese_summary
from tests.support.shops.shop import SHOP_UNTIL, shop_history
from tests.support.shops.trained import shop_bundle


def test_it_names_what_the_english_one_names() -> None:
    bundle, history = shop_bundle(), shop_history("u3")
    profile = build_profile(bundle, "u3", history, SHOP_UNTIL, 1)
    said = chinese_summary(profile.affinities, profile.history, lambda item: f"«{item}»")
    assert said.startswith("常买Garden（")
    assert said.endswith("。")
    for one in profile.affinities:
        english = bundle.catalogue.titles[bundle.catalogue.index[one.key]] if one.kind == "repeat" else one.key
        if one.kind == "repeat" and english in profile.summary:
            assert f"«{one.key}»（" in said
    assert ("多选" in said) == ("prices" in profile.summary)


def test_who_only_looked_has_not_bought() -> None:
    history = shop_history("u3")
    looked = history.take(history.event_types == 0)
    assert chinese_summary([Affinity("category", "Tea", 0.5, ())], looked, str).startswith("常看Tea（50%）")
    assert chinese_summary([], looked, str).startswith("至今看过")
    assert chinese_summary([], History.of([]), str) == NOTHING
