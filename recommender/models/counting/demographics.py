"""What shoppers of an attribute (an age band, a size of household) choose more often than others do.

It knows counts of shoppers, smoothed, of the shop's best sellers, and no shopper: an attribute that few have is not in
it. Attributes are words, "age=45-54"; numbers should come in bands.

Shape suffixes: A attributes, D best sellers, U shoppers, N items.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import orjson
import scipy.sparse as sp
from numpy.typing import NDArray

from recommender.models.tensors import Tensors

SELLERS = 2_000
FEWEST_SHOPPERS = 20  # who have an attribute, for it to count
LATELY_DAYS = 90
SMOOTHING = 10.0  # shoppers of the usual kind, counted into every attribute
LIFTED = math.log(1.2)  # from here on an item is chosen more often by shoppers like this one
Floats = NDArray[np.float32]


@dataclass(frozen=True)
class Demographics:
    """`lift_AD`: the logarithm of how much more often shoppers of an attribute choose an item."""

    names: tuple[str, ...]
    rows_D: NDArray[np.int64]
    lift_AD: Floats

    def lifts(self, attributes: Sequence[str]) -> Floats | None:
        """Of shape (D,), a shopper's attributes together: the mean of those that are known; None where none is."""
        known = [place for place, name in enumerate(self.names) if name in attributes]
        return np.asarray(self.lift_AD[known].mean(axis=0), dtype=np.float32) if known else None

    def everywhere(self, attributes: Sequence[str], items: int) -> Floats:
        """The same of all items; 0 where nothing is known."""
        lift_N, lift_D = np.zeros(items, dtype=np.float32), self.lifts(attributes)
        if lift_D is not None:
            lift_N[self.rows_D] = lift_D
        return lift_N

    def tensors(self) -> Tensors:
        """Its arrays, from which `read` makes the same again; the names are the bytes of a JSON list."""
        names = np.frombuffer(orjson.dumps(self.names), dtype=np.uint8)
        return {"names": names, "rows_D": self.rows_D, "lift_AD": self.lift_AD}

    @classmethod
    def read(cls, tensors: Tensors) -> "Demographics | None":
        """None from a model without any."""
        if not tensors:
            return None
        return cls(tuple(orjson.loads(tensors["names"].tobytes())), tensors["rows_D"], tensors["lift_AD"])


def format_attributes(attributes: Mapping[str, Any]) -> tuple[str, ...]:
    """A shopper's attributes as texts of the form name=value; what is no plain value is left out."""
    return tuple(
        f"{name}={value}"
        for name, value in sorted(attributes.items())
        if isinstance(value, str | int) and str(value).strip()
    )


def fit_demographics(
    attributes_U: Sequence[Sequence[str]],
    users: NDArray[np.integer[Any]],
    items: NDArray[np.integer[Any]],
    popularity_N: Floats,
) -> Demographics | None:
    """From who (`users`) chose what (`items`) lately; None where no attribute has shoppers enough."""
    active_U = np.zeros(len(attributes_U), dtype=bool)
    active_U[users] = True
    having: dict[str, list[int]] = {}
    for user in np.flatnonzero(active_U).tolist():
        for word in attributes_U[user]:
            having.setdefault(word, []).append(user)
    names = sorted(word for word, theirs in having.items() if len(theirs) >= FEWEST_SHOPPERS)
    if not names:
        return None
    rows_D = np.sort(np.argsort(-popularity_N, kind="stable")[:SELLERS])
    chosen_UN = sp.csr_matrix((np.ones(len(users)), (users, items)), shape=(len(attributes_U), len(popularity_N)))
    chosen_UD = chosen_UN.tocsc()[:, rows_D].tocsr()
    chosen_UD.data[:] = 1
    usual_D = np.asarray(chosen_UD.sum(axis=0)).ravel() / max(int(active_U.sum()), 1)
    lift_AD = [_lift(np.asarray(chosen_UD[having[name]].sum(axis=0)).ravel(), len(having[name]), usual_D)
               for name in names]  # fmt: skip
    return Demographics(tuple(names), rows_D, np.array(lift_AD, dtype=np.float32))


def _lift(count_D: NDArray[np.float64], shoppers: int, usual_D: NDArray[np.float64]) -> NDArray[np.float64]:
    lift_D: NDArray[np.float64] = np.log((count_D + SMOOTHING * usual_D + 1) / ((shoppers + SMOOTHING) * usual_D + 1))
    return lift_D
