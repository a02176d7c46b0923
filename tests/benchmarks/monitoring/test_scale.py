"""Costs of shops by size: what a step took is counted, and the exponent says how it grows."""

import pytest
import typer

from benchmarks.monitoring.scale import main, measure_shop, slopes


def row(step: str, shoppers: int, cpu: float, memory: float) -> dict[str, object]:
    """A step of a shop of so many shoppers."""
    return {"system": step, "shoppers": shoppers, "cpu_seconds": cpu, "peak_mb": memory, "home_mb": shoppers}


def test_an_exponent_says_how_a_cost_grows() -> None:
    rows = [row("import", 10, 1.0, 200.0), row("import", 20, 2.0, 200.0), row("import", 40, 8.0, 200.0)]
    [found] = slopes(rows)
    assert (found["cpu_seconds"], found["peak_mb"], found["home_mb"]) == (pytest.approx(1.5), 0, pytest.approx(1))
    assert found["steepest cpu_seconds"] == pytest.approx(2)


def test_a_shop_is_made_measured_and_gone() -> None:
    rows = measure_shop(10, 100, 14, ())
    assert [one["system"] for one in rows] == ["import", "features"]
    assert all(one["cpu_seconds"] > 0 and one["peak_mb"] > 50 and one["home_mb"] > 0 for one in rows)


def test_sizes_grow() -> None:
    with pytest.raises(typer.BadParameter, match="--shoppers"):
        main(shoppers="20,10")
