"""Readiness by the watch: a round that doesn't end is said, and so is a part that fails."""

import threading

from services.container import Shop
from services.core.health import LONGEST_ROUND, Health


def test_a_round_that_hangs_is_named_as_not_ready(embedded_shop: Shop) -> None:
    shop, now = embedded_shop, [0.0]
    shop.watcher.health.clock = lambda: now[0]
    hangs, go_on = threading.Event(), threading.Event()

    def hang(_: object) -> None:
        hangs.set()
        go_on.wait(30)

    shop.watcher.guard = hang  # what judges the models waits for what doesn't come
    round_ = threading.Thread(target=shop.watcher.look)
    round_.start()
    try:
        assert hangs.wait(30)
        now[0] = LONGEST_ROUND
        assert shop.unready is None, "it may take as long"
        now[0] = LONGEST_ROUND + 1
        assert shop.unready == "the watch over the shop hangs"
    finally:
        go_on.set()
        round_.join()
    assert shop.unready is None, "it ended after all"
    now[0] = 10 * LONGEST_ROUND
    assert shop.unready is None, "no round is under way"


def test_a_round_that_hangs_is_said_before_parts_that_failed() -> None:
    now = [0.0]
    health = Health(clock=lambda: now[0])
    with health.part("rules"):
        raise ValueError("no such rule\nand more of it")
    assert health.reason == "rules: no such rule"
    with health.round():
        now[0] = LONGEST_ROUND + 1
        assert health.reason == "the watch over the shop hangs"
        with health.part("rules"):
            pass
    assert health.reason is None
