"""Whether training sees what the shop has seen: days whose features weren't built are not in its log."""

import polars as pl
import structlog

from features.building.unbuilt_days import unbuilt_days
from training.config import TrainParams

log = structlog.get_logger(__name__)
REMEDY = "`zhiyin features build` builds them, or the DAG `features`"


class NotBuilt(ValueError):
    """There are events to learn from, and none of them is in the log; the message says which, and what to do."""


def require_built(params: TrainParams, events: pl.DataFrame) -> None:
    """Raises `NotBuilt` where no day of the interval was built; warns of single days that were not."""
    missing = unbuilt_days(params.start, params.until)
    if not missing:
        return
    days = f"{len(missing)} days from {missing[0]} to {missing[-1]}" if len(missing) > 1 else str(missing[0])
    if events.is_empty():
        raise NotBuilt(f"events are there, features are not, for {days} with events: {REMEDY}")
    log.warning("days with events but without features are not learned from", days=days, remedy=REMEDY)
