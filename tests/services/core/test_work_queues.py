"""Lines of those who wait: bounded and in order; who is late is refused, a few at a time; who hung up is dropped."""

import asyncio
import threading
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from starlette.types import Message

from services.core import work_queues as lines
from services.core.errors import Problem
from services.core.event_loop_turns import Turns
from services.core.work_queues import CallerGone, Line

Receive = Callable[[], Awaitable[Message]]


async def stays() -> Message:
    await asyncio.Event().wait()
    raise AssertionError


async def hangs_up() -> Message:
    return {"type": "http.disconnect"}


def run(story: Callable[[], Awaitable[None]]) -> None:
    asyncio.run(asyncio.wait_for(_of(story), 60))


async def _of(story: Callable[[], Awaitable[None]]) -> None:
    await story()


def test_who_came_first_is_first() -> None:
    async def story() -> None:
        line, served = Line("quiet", 1), list[int]()
        await line.enter(stays)

        async def one(number: int) -> None:
            await line.enter(stays)
            served.append(number)
            line.leave()

        waiting = [asyncio.create_task(one(number)) for number in range(5)]
        await asyncio.sleep(0.01)
        line.leave()
        await asyncio.gather(*waiting)
        assert served == [0, 1, 2, 3, 4]

    run(story)


def test_who_waits_too_long_is_told_to_come_again() -> None:
    async def story() -> None:
        line = Line("full", 1)
        line._waiting.deadline_seconds = 0.05
        await line.enter(stays)
        with pytest.raises(Problem) as refused:
            await line.enter(stays)
        assert (refused.value.status, refused.value.headers) == (503, {"Retry-After": "1"})
        assert refused.value.response().headers["retry-after"] == "1"
        line.leave()
        await line.enter(stays)  # the seat is free again

    run(story)


def test_a_flood_is_refused_a_few_at_a_time_and_the_seat_goes_to_who_is_not_late() -> None:
    async def story() -> None:
        line, loop = Line("full", 1), asyncio.get_running_loop()
        line._waiting.deadline_seconds = 0.05
        await line.enter(stays)
        began, refused = loop.time(), list[float]()

        async def one() -> None:
            with pytest.raises(Problem):
                await line.enter(stays)
            refused.append(loop.time() - began)

        flood = [asyncio.create_task(one()) for _ in range(100)]
        await asyncio.sleep(0.1)
        prompt = asyncio.create_task(line.enter(stays))
        await asyncio.sleep(0)
        line.leave()
        await prompt
        assert len(refused) < 50  # of those who came before, who are still waiting for their refusal
        await asyncio.gather(*flood)
        assert refused[-1] - refused[0] > 0.5 * 100 / lines.REFUSED_A_SECOND

    run(story)


def test_a_line_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lines, "MOST_WAITING", 2)

    async def story() -> None:
        line = Line("full", 1)
        await line.enter(stays)
        waiting = [asyncio.create_task(line.enter(stays)) for _ in range(2)]
        await asyncio.sleep(0)
        with pytest.raises(Problem):
            await line.enter(stays)
        for _ in waiting:
            line.leave()
        await asyncio.gather(*waiting)

    run(story)


def test_what_is_hung_up_is_not_done() -> None:
    done: list[int] = []

    async def story() -> None:
        line, go_on = Line("one", 1), threading.Event()
        first = asyncio.create_task(line.work(stays, go_on.wait, 30))
        await asyncio.sleep(0.01)
        left = [
            asyncio.create_task(line.work(hangs_up, lambda number=number: done.append(number), 30))  # type: ignore[misc]
            for number in range(20)
        ]
        await asyncio.sleep(0.01)
        go_on.set()
        assert await first
        assert all(isinstance(one, CallerGone) for one in await asyncio.gather(*left, return_exceptions=True))
        assert await line.work(stays, lambda: "next", 30) == "next"

    run(story)
    assert done == []


def test_a_seat_is_taken_until_its_thread_ends() -> None:
    async def story() -> None:
        line, go_on = Line("slow", 1), threading.Event()
        with pytest.raises(TimeoutError):
            await line.work(stays, go_on.wait, 0.01)
        assert line._free == 0  # what was given up goes on; nobody takes its seat meanwhile
        go_on.set()
        assert await line.work(stays, lambda: 1, 30) == 1
        with pytest.raises(ValueError, match="bad"):
            await line.work(stays, lambda: int("bad"), 30)
        await asyncio.sleep(0)
        assert line._free == 1

    run(story)


def test_a_cancelled_caller_leaves_the_line() -> None:
    async def story() -> None:
        line = Line("one", 1)
        await line.enter(stays)
        waiting = asyncio.create_task(line.enter(stays))
        await asyncio.sleep(0)
        waiting.cancel()
        await asyncio.gather(waiting, return_exceptions=True)
        line.leave()
        assert line._free == 1

    run(story)


def test_the_event_loop_looks_for_others_between_turns(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("services.core.event_loop_turns.PASS_SECONDS", 0.0)

    async def story() -> None:
        turns, served, looks = Turns("lists"), list[int](), list[int]()
        loop = asyncio.get_running_loop()

        async def one(number: int) -> None:
            await turns.begin()
            served.append(number)

        def look() -> None:
            looks.append(len(served))
            if len(served) < 40:
                loop.call_soon(look)

        tasks: list[Any] = [asyncio.create_task(one(number)) for number in range(40)]
        loop.call_soon(look)
        await asyncio.gather(*tasks)
        assert sorted(served) == list(range(40))
        assert len(set(looks)) >= 40 / 8 - 1  # never all of them in one pass

    run(story)


def test_a_turn_that_does_not_come_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("services.core.event_loop_turns.PASS_SECONDS", -1.0)

    async def story() -> None:
        turns = Turns("lists")
        turns._waiting.deadline_seconds = -1.0
        await turns.begin()
        with pytest.raises(Problem) as refused:
            await turns.begin()
        assert refused.value.status == 503

    run(story)
