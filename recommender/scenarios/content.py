"""Articles, videos and other things to read and watch, recommended by text from the same profile.

They have no purchases, so nothing but their text says whom they are for: how near it is to what the shopper came for.
That one is near another is claimed only from a cosine on that chance seldom brings.

Shape suffixes: N items, M distinct texts, K the shopper's items, T width of the text vectors.
"""

import numpy as np
from numpy.typing import NDArray

from recommender.data.event_weights import decay, strengths
from recommender.data.history import History
from recommender.models.bundle import ModelBundle
from recommender.ranking.evidence import Evidence
from recommender.utils.vectors import normalise

HALF_LIFE_DAYS = 60.0
NEAREST = 0.5  # what the nearest of the shopper's items says beside all of them together
LEADING_ITEMS = 2


class Topics:
    """What a shopper is about, by the texts of their items; none without a history."""

    def __init__(self, bundle: ModelBundle, history: History, now: int) -> None:
        self.bundle, self.history = bundle, history
        rows_L = bundle.catalogue.rows_of(history.item_ids)
        weights_L = strengths(history.event_types, history.values) * decay(history.times, now, HALF_LIFE_DAYS)
        kept = (rows_L >= 0) & (history.times <= now)
        self.rows_K, places = np.unique(rows_L[kept], return_inverse=True)
        self.weights_K = np.bincount(places, weights_L[kept], minlength=len(self.rows_K)).clip(min=0)
        self.texts_KT = bundle.text_MT[bundle.text_row_N[self.rows_K]]

    def __bool__(self) -> bool:
        return bool(self.weights_K.any())

    def scores(self, rows: NDArray[np.int64]) -> NDArray[np.float32]:
        """Scores between 0 and 1 of the items in these rows; without a history, of what is looked at most."""
        if not self:
            sold = self.bundle.popularity_N[rows]
            usual: NDArray[np.float32] = (sold / (float(sold.max(initial=0)) + 1)).astype(np.float32)
            return usual
        cosines = self._cosines(rows)
        share_K = np.sqrt(self.weights_K / self.weights_K.max())
        mean_T = (self.weights_K / self.weights_K.sum()) @ self.texts_KT
        together = self._texts(rows) @ normalise(mean_T)
        nearest = (cosines * share_K).max(axis=1)
        scores: NDArray[np.float32] = (NEAREST * nearest + (1 - NEAREST) * together).clip(0, 1).astype(np.float32)
        return scores

    def evidence(self, row: int) -> tuple[Evidence, ...]:
        """The shopper's items whose texts are close, those that count most first, with their latest events.

        None where no text is closer than chance brings: then nothing connects it with what the shopper did.
        """
        if not self:
            return ()
        cosines_K = self._cosines(np.array([row]))[0]
        close = np.flatnonzero((cosines_K >= self.bundle.close_topic) & (self.weights_K > 0))
        if not len(close):
            return ()
        pull = cosines_K[close] * np.sqrt(self.weights_K[close])
        leading = self.rows_K[close[np.argsort(-pull, kind="stable")[:LEADING_ITEMS]]]
        ids = tuple(str(item_id) for item_id in self.bundle.catalogue.ids[leading])
        events = tuple(self._latest_event(item_id) for item_id in ids)
        return (Evidence("topic", ids, events),)

    def _latest_event(self, item_id: str) -> str:
        return str(self.history.event_ids[np.flatnonzero(self.history.item_ids == item_id)[-1]])

    def _texts(self, rows: NDArray[np.int64]) -> NDArray[np.float32]:
        return self.bundle.text_MT[self.bundle.text_row_N[rows]]

    def _cosines(self, rows: NDArray[np.int64]) -> NDArray[np.float32]:
        cosines: NDArray[np.float32] = self._texts(rows) @ self.texts_KT.T
        return cosines
