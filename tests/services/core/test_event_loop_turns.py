"""Who comes while the event loop is busy waits for its next pass, and is refused when none comes in time."""

import asyncio
import time

from services.core.errors import Problem
from services.core.event_loop_turns import DEADLINE_SECONDS, PASS_SECONDS, WOKEN_A_PASS, Turns


def work(seconds: float) -> None:
    """An answer that keeps the event loop busy for so long."""
    time.sleep(seconds)


def test_who_comes_within_a_pass_is_served_at_once() -> None:
    async def served() -> list[int]:
        turns, order = Turns("test"), list[int]()

        async def ask(number: int) -> None:
            await turns.begin()
            order.append(number)

        await asyncio.gather(*(ask(number) for number in range(20)))
        return order

    assert asyncio.run(served()) == list(range(20))


def test_who_comes_late_in_a_pass_lets_the_loop_look_at_others_first() -> None:
    async def order() -> list[str]:
        turns, seen = Turns("test"), list[str]()
        await turns.begin()
        work(2 * PASS_SECONDS)
        asyncio.get_running_loop().call_soon(seen.append, "another")
        await turns.begin()
        seen.append("late")
        return seen

    assert asyncio.run(order()) == ["another", "late"]


def test_more_than_a_pass_wakes_are_all_served_by_and_by() -> None:
    async def served() -> int:
        turns = Turns("test")
        await turns.begin()
        work(2 * PASS_SECONDS)
        waiting = [asyncio.create_task(turns.begin()) for _ in range(2 * WOKEN_A_PASS + 1)]
        await asyncio.gather(*waiting)
        return len(waiting)

    assert asyncio.run(served()) == 2 * WOKEN_A_PASS + 1


def test_who_waits_too_long_is_told_to_ask_again() -> None:
    async def outcomes() -> list[object]:
        turns = Turns("test")

        async def ask() -> None:
            await turns.begin()
            work(2 * DEADLINE_SECONDS / WOKEN_A_PASS)

        return list(await asyncio.gather(*(ask() for _ in range(WOKEN_A_PASS + 2)), return_exceptions=True))

    *served, refused = asyncio.run(outcomes())
    assert served == [None] * (WOKEN_A_PASS + 1)
    assert isinstance(refused, Problem)
    assert refused.status == 503
