"""What the feature store knew of shoppers at a moment: read through the model's feature service, point-in-time.

It knows Feast's historical features as frames. The model itself reads histories only, which are the same online and
offline; this context says for whom it works.
"""

from collections.abc import Sequence
from datetime import datetime

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from features.offline import historical

ACTIVITY = "purchases_30d"


def shopper_context(user_ids: Sequence[str], moment: datetime, feature_service: str) -> pd.DataFrame:
    """A row a shopper, in the order given, with every feature of the service as it was known at `moment`."""
    entities = pd.DataFrame({"user_id": list(user_ids), "event_timestamp": pd.Timestamp(moment)})
    return historical(entities, feature_service)


def purchases_before(user_ids: Sequence[str], moment: datetime, feature_service: str) -> NDArray[np.float64]:
    """Purchases of the 30 days before `moment`; NaN for shoppers without features."""
    if not len(user_ids):
        return np.empty(0)
    context = shopper_context(user_ids, moment, feature_service)
    counts: NDArray[np.float64] = context[ACTIVITY].to_numpy(dtype=np.float64, na_value=np.nan)
    return counts
