"""Reading ahead in a thread."""

from collections.abc import Iterator

import pytest

from recommender.utils.prefetch import prefetch


def _numbers(count: int, fail: bool = False) -> Iterator[int]:
    yield from range(count)
    if fail:
        raise ValueError("broken")


def test_values_come_in_order() -> None:
    assert list(prefetch(_numbers(100))) == list(range(100))


def test_what_the_source_raises_is_raised_here() -> None:
    values = prefetch(_numbers(3, fail=True))
    assert [next(values) for _ in range(3)] == [0, 1, 2]
    with pytest.raises(ValueError, match="broken"):
        next(values)


def test_who_stops_early_leaves_no_thread_waiting() -> None:
    values = prefetch(_numbers(1_000))
    assert next(values) == 0
    values.close()  # type: ignore[attr-defined]
