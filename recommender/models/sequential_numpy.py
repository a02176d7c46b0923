"""The sequence model as it is asked: one shopper's events in, their vector out. Numpy, since a shopper waits for it.

It knows the weights of `sequence`, and says what that model says after the last event; a test holds the two together.
Only the last event asks, so its question is turned to meet the events as they are, not their keys one by one.

Shape suffixes: L events, D width, h heads of width d.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import erf

from recommender.models.sequential import HEADS, SequenceModel

Floats = NDArray[np.float32]
NORM_FLOOR = 1e-5  # of torch's LayerNorm


@dataclass(frozen=True, slots=True)
class Norm:
    weight_D: Floats
    bias_D: Floats

    def __call__(self, x: Floats) -> Floats:
        centred = x - x.mean(axis=-1, keepdims=True)
        spread = np.sqrt(np.square(centred).mean(axis=-1, keepdims=True) + np.float32(NORM_FLOOR))
        normed: Floats = centred / spread * self.weight_D + self.bias_D
        return normed


class SequenceReader:
    """Reads the most recent `length` events of a shopper."""

    def __init__(self, model: SequenceModel) -> None:
        weights = {name: tensor.detach().numpy() for name, tensor in model.state_dict().items()}
        self.length, width = model.shape.length, model.shape.width
        self._scale, self._kind = np.float32(width**0.5), weights["kind.weight"]
        self._norm = Norm(weights["norm.weight"], weights["norm.bias"])
        query, self._key_hdD, value = weights["attention_in.weight"].reshape(3, HEADS, width // HEADS, width)
        query_bias, _, value_bias = weights["attention_in.bias"].reshape(3, HEADS, width // HEADS)
        self._query, self._query_bias = query.reshape(width, width) / (width // HEADS) ** 0.5, query_bias.ravel()
        self._query_bias = self._query_bias / np.float32((width // HEADS) ** 0.5)
        self._value_hDd, self._value_bias = value.transpose(0, 2, 1).copy(), value_bias.ravel()
        self._out, self._out_bias = weights["attention_out.weight"].T, weights["attention_out.bias"]
        self._feed_norm = Norm(weights["feed.0.weight"], weights["feed.0.bias"])
        self._wide, self._wide_bias = weights["feed.1.weight"].T, weights["feed.1.bias"]
        self._narrow, self._narrow_bias = weights["feed.3.weight"].T, weights["feed.3.bias"]
        self._pace_h1 = np.abs(weights["pace"])[:, None]

    def last(self, items_LD: Floats, kinds_L: NDArray[np.integer], days_L: Floats) -> Floats:
        """The unit vector of the shopper after the last of these events, of which there is at least one."""
        x_LD = self._norm(items_LD * self._scale + self._kind[kinds_L])
        x_D = x_LD[-1]
        y_D = x_D + (self._mixed(x_LD, x_D, days_L) @ self._out + self._out_bias)
        wide = self._feed_norm(y_D) @ self._wide + self._wide_bias
        y_D = y_D + (_gelu(wide) @ self._narrow + self._narrow_bias)
        vector: Floats = (y_D / max(float(np.linalg.norm(y_D)), 1e-12)).astype(np.float32)
        return vector

    def _mixed(self, x_LD: Floats, x_D: Floats, days_L: Floats) -> Floats:
        """What the heads gather from the events; a key's bias is the same for all of them and decides nothing."""
        query_h1d = (self._query @ x_D + self._query_bias).reshape(HEADS, 1, -1)
        asked_hD = (query_h1d @ self._key_hdD)[:, 0]
        steps_L = np.arange(len(x_LD) - 1, -1, -1, dtype=np.float32)
        age_L = np.log1p(np.maximum(days_L[-1] - days_L, 0)) + np.log1p(steps_L) * np.float32(0.5)
        closeness_hL = asked_hD @ x_LD.T - self._pace_h1 * age_L
        weight_hL = np.exp(closeness_hL - closeness_hL.max(axis=1, keepdims=True))
        weight_hL /= weight_hL.sum(axis=1, keepdims=True)
        gathered_hD = weight_hL @ x_LD
        mixed: Floats = (gathered_hD[:, None] @ self._value_hDd).ravel() + self._value_bias
        return mixed


def _gelu(x: Floats) -> Floats:
    active: Floats = x * np.float32(0.5) * (1 + erf(x * np.float32(0.5**0.5)))
    return active
