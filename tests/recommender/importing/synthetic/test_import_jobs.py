"""A synthetic shop goes through the import as any other: once, in order, and on where it stopped."""

from dataclasses import replace
from datetime import datetime

import pytest

from recommender.importing.sources import run_synthetic
from recommender.importing.synthetic.import_jobs import OtherSyntheticShop, SyntheticOptions, synthetic_jobs
from tests.support.shops.files import table

OPTIONS = SyntheticOptions(shoppers=200, items=500, days=30)


def test_a_shop_comes_in_once(migrated: None) -> None:
    first = run_synthetic(OPTIONS)
    assert [file.written.added for file in first.files][:2] == [500, 200]
    assert first.rejected == 0
    assert len(table("events", "event_id")) == first.files[2].written.added > 1_000
    assert run_synthetic(OPTIONS).added == 0


def test_made_again_nothing_is_new(migrated: None) -> None:
    run_synthetic(OPTIONS)
    again = run_synthetic(OPTIONS, again=True)
    assert (again.added, again.updated, again.rejected) == (0, 0, 0)


def test_ids_of_other_options_don_t_mix(migrated: None) -> None:
    run_synthetic(OPTIONS)
    with pytest.raises(OtherSyntheticShop, match="ZHIYIN_HOME"):
        run_synthetic(replace(OPTIONS, seed=1))


def test_purchases_go_on_after_the_last_batch() -> None:
    job = synthetic_jobs(replace(OPTIONS, shoppers=5_000))[2]
    whole = list(job.batches(0))
    assert len(whole) > 1
    rest = list(job.batches(whole[0].taken))
    assert [batch.taken for batch in rest] == [batch.taken for batch in whole[1:]]
    assert rest[0].good.equals(whole[1].good)


def test_times_are_moved() -> None:
    here, there = (next(iter(synthetic_jobs(replace(OPTIONS, shift_days=days))[2].batches(0))) for days in (0, 7))
    moved: datetime = there.good["time"][0]
    assert (moved - here.good["time"][0]).days == 7
