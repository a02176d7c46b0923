"""Reading and writing the offline features: point-in-time joins, whole views, the event log, profiles.

It knows Feast's offline store and the partitions below it. The moment that matters is always an argument.
"""

from collections.abc import Iterable
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import polars as pl

from features.partitions import SCHEMAS, STAMP, add_rows, days_of, read_days
from features.profile_rows import to_frame
from recommender.data.returns import without_returned
from recommender.db.engine import session_scope
from recommender.store.rating_scale import rating_scale, with_stars

if TYPE_CHECKING:
    from recommender.profiles.profile import Profile


def historical(entity_df: pd.DataFrame, features: list[str] | str) -> pd.DataFrame:
    """The features as they were known at each row's `event_timestamp`; every row comes back, in the order given.

    `features` is a list of "view:feature", or the name of a feature service. `entity_df` holds `user_id` and
    `event_timestamp`. Beyond the last day that was built a row says what was known then.
    """
    from features.store import get_store  # Feast takes seconds to import, which other readers need not spend

    store = get_store()
    requested = store.get_feature_service(features) if isinstance(features, str) else features
    numbered = entity_df.assign(_row=np.arange(len(entity_df)))
    if numbered.empty:
        raise ValueError("entity_df has no row")
    found: pd.DataFrame = store.get_historical_features(entity_df=numbered, features=requested).to_df()
    found = found.sort_values("_row", kind="stable").drop(columns="_row").reset_index(drop=True)
    if len(found) != len(entity_df):
        raise RuntimeError(f"{len(entity_df)} rows were asked for, {len(found)} came back")
    return found


def read_events(start: datetime, end: datetime) -> pl.DataFrame:
    """The event log of [start, end), in order of time, as far as it was built; without purchases that came back.

    Ratings are in stars, by the scale that the shop's ratings have now.
    """
    days = days_of(start, end)
    if not days:
        return SCHEMAS["events"].to_frame()
    frame = read_days("events", days[0], days[-1] + timedelta(days=1))
    with session_scope() as session:
        scale = rating_scale(session)
    return with_stars(without_returned(frame.filter(pl.col("time").is_between(start, end, closed="left"))), scale)


def read_view(view: str, day_from: date, day_until: date) -> pl.DataFrame:
    """The rows of a view that describe the days in [day_from, day_until)."""
    if view not in SCHEMAS:
        raise ValueError(f"view {view!r} is unknown; there are {', '.join(SCHEMAS)}")
    return read_days(view, day_from, day_until)


def write_profiles(profiles: Iterable["Profile"], as_of: datetime) -> int:
    """Adds these profiles to the partition of the day of `as_of`; writing the same again changes nothing."""
    keys = ["user_id", STAMP]
    added = to_frame(profiles).unique(keys, keep="last")
    add_rows("user_profile", days_of(as_of, as_of + timedelta(microseconds=1))[0], added, keys)
    return len(added)
