"""Found goods by how well they fit the words that were asked for."""

from recommender.assistant.goods import MOST_NEAR, Good, SeenHit, split_by_fit

COFFEE, CAKE = Good("c", "Ground coffee"), Good("k", "Cake, good with it")


def test_fitting_goods_hold_every_word_and_near_ones_half() -> None:
    hits = [SeenHit(COFFEE, ("ground", "coffee")), SeenHit(CAKE, ("coffee",)), SeenHit(Good("x", "Soap"), ())]
    found = split_by_fit(hits, frozenset({"ground", "coffee"}))
    assert (found.fitting, found.near) == ((COFFEE,), (CAKE,))


def test_goods_named_so_come_before_those_whose_text_says_so() -> None:
    hits = [SeenHit(CAKE, ("coffee",)), SeenHit(COFFEE, ("coffee",))]
    assert split_by_fit(hits, frozenset({"coffee"})).fitting == (COFFEE,)


def test_goods_that_say_they_are_without_are_preferred() -> None:
    hits = [SeenHit(COFFEE, ("coffee",)), SeenHit(CAKE, ("coffee",), says_without=True)]
    assert split_by_fit(hits, frozenset({"coffee"})).fitting == (CAKE,)


def test_only_the_nearest_few_are_kept() -> None:
    hits = [SeenHit(Good(str(number), "Tea"), ("tea",)) for number in range(MOST_NEAR + 2)]
    assert len(split_by_fit(hits, frozenset({"tea", "green"})).near) == MOST_NEAR


def test_a_counted_stock_is_in_stock() -> None:
    assert (Good("a", "A", stock=2.0).state, Good("a", "A").state) == ("in_stock", None)
    assert Good("a", "A", availability="out_of_stock").sold_out
