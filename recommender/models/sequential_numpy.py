"""The sequence model as it is asked: one shopper's events in, their vector out. Numpy, since a shopper waits for it.

It knows the weights of `sequential`, and says what that model says after the last event; a test holds the two together.
Only the last event asks, so its question is turned to meet the events as they are, not their keys one by one.

Shape suffixes: L events, D width, h heads of width d, N items, T width of the text vectors.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import erf

from recommender.models.tensors import Tensors
from recommender.utils.vectors import normalise, normalise_rows

Floats = NDArray[np.float32]
NORM_FLOOR = 1e-5  # of torch's LayerNorm
HEADS = 4
KINDS = 8  # of events
TEXT_SCALE = 8  # of what an item's text says beside its own vector
LEAST_NORM = 1e-12


@dataclass(frozen=True, slots=True)
class SequenceShape:
    """The sizes of a sequence model, from which the shapes of its tensors follow; `width` is D, `text_width` is T."""

    text_width: int
    width: int
    vocabulary: int  # items with a free vector of their own; the others speak by their text alone
    length: int  # the most recent events it reads

    def sizes(self) -> dict[str, tuple[int, ...]]:
        """The shape of each tensor of the model, by its name."""
        width = self.width
        return {
            "text.weight": (width, self.text_width), "free.weight": (self.vocabulary + 1, width),
            "kind.weight": (KINDS, width), "pace": (HEADS,), "scale": (),
            "attention_in.weight": (3 * width, width), "attention_in.bias": (3 * width,),
            "attention_out.weight": (width, width), "attention_out.bias": (width,),
            "norm.weight": (width,), "norm.bias": (width,), "feed.0.weight": (width,), "feed.0.bias": (width,),
            "feed.1.weight": (2 * width, width), "feed.1.bias": (2 * width,),
            "feed.3.weight": (width, 2 * width), "feed.3.bias": (width,),
        }  # fmt: skip


@dataclass(frozen=True, slots=True)
class SequenceWeights:
    """What the model has learned, by the names that torch gives it; ValueError names a tensor that doesn't fit."""

    shape: SequenceShape
    tensors: Tensors

    def __post_init__(self) -> None:
        sizes = self.shape.sizes()
        if unknown := sorted(set(self.tensors) ^ set(sizes)):
            raise ValueError(f"sequence: tensor {unknown[0]!r} is missing or unknown")
        for name, size in sizes.items():
            if self.tensors[name].shape != size:
                raise ValueError(f"sequence: {name!r} has shape {self.tensors[name].shape}, not {size}")

    @classmethod
    def read(cls, tensors: Tensors, length: int) -> "SequenceWeights":
        """Of the tensors of a model that reads the latest `length` events; KeyError names one that isn't there."""
        (vocabulary, width), text_width = tensors["free.weight"].shape, tensors["text.weight"].shape[1]
        scale = tensors["scale"].reshape(())  # a file keeps a number as an array of one
        return cls(SequenceShape(text_width, width, vocabulary - 1, length), tensors | {"scale": scale})

    @classmethod
    def silent(cls, shape: SequenceShape) -> "SequenceWeights":
        """The weights of a model that gives every shopper and item the vector zero."""
        return cls(shape, {name: np.zeros(size, dtype=np.float32) for name, size in shape.sizes().items()})

    @property
    def parameters(self) -> int:
        """How many numbers it has learned."""
        return sum(array.size for array in self.tensors.values())

    def items(self, text_NT: Floats, vocabulary_N: NDArray[np.integer] | None = None) -> Floats:
        """Unit vectors of items, of shape (N, D); without `vocabulary_N` by their text alone."""
        items_ND = (text_NT @ self.tensors["text.weight"].T) * np.float32(TEXT_SCALE)
        if vocabulary_N is not None:
            items_ND += self.tensors["free.weight"][vocabulary_N]
        return normalise_rows(items_ND, LEAST_NORM, out=items_ND)


@dataclass(frozen=True, slots=True)
class Norm:
    """Layer normalisation over the last axis (Ba, Kiros and Hinton 2016), as torch's LayerNorm does it."""

    weight_D: Floats
    bias_D: Floats

    def __call__(self, x: Floats) -> Floats:
        centred = x - x.mean(axis=-1, keepdims=True)
        spread = np.sqrt(np.square(centred).mean(axis=-1, keepdims=True) + np.float32(NORM_FLOOR))
        normed: Floats = centred / spread * self.weight_D + self.bias_D
        return normed


class SequenceReader:
    """Reads the most recent `length` events of a shopper."""

    def __init__(self, model: SequenceWeights) -> None:
        weights, width = model.tensors, model.shape.width
        self.length = model.shape.length
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
        vector: Floats = normalise(y_D, LEAST_NORM).astype(np.float32)
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
