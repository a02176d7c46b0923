"""A trained model as a folder: tensors, the catalogue it ranks over, and a manifest that says where it comes from.

    <model_version>/
      manifest.json       what it was trained on, what it scored, digests of the other files
      tensors.safetensors everything learned or counted; mapped on load, or read
      catalogue.parquet   the items, in the order of the tensors' rows
      texts.faiss         the index of the texts, where they are many; mapped or read as the tensors are

It knows files and shapes; how a model is fitted is `training`'s affair, how it is used `profiles`' and `ranking`'s.

Shape suffixes: N items, M distinct texts, E width of the encoder, T width of the kept text vectors, D profile width,
V distinct item vectors (items that say the same and are rarely bought share one), W windows of time, B new items,
each with K distinct items that lend to it, C candidates.
"""

import math
import shutil
import uuid
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

import numpy as np
import polars as pl
from numpy.typing import NDArray

from recommender.data.catalog import PRODUCT, Catalogue
from recommender.models.chance_likeness import beyond_chance
from recommender.models.counting.demographics import Demographics
from recommender.models.counting.item_statistics import Statistics
from recommender.models.counting.sparse_graph import Graph
from recommender.models.image_vectors import Photos
from recommender.models.integrity import check_digests, check_parts, digest, fingerprint, replace_folder
from recommender.models.manifest import CATALOGUE, MANIFEST, TENSORS, TEXT_INDEX, BundleError, Manifest, read_manifest
from recommender.models.ranker import Ranker
from recommender.models.sequential_numpy import SequenceReader, SequenceWeights
from recommender.models.tensors import Tensors, names_under, read_tensors, tensors_under, write_tensors
from recommender.models.vector_index import VectorIndex, Vectors
from recommender.utils.vectors import normalise_rows

__all__ = ["LENDERS", "BundleError", "Manifest", "ModelBundle", "fingerprint", "read_manifest"]
LENDERS, FEW_LIVE, FRONT = 8, 500, 5_000
PARTS = ("projection_ET", "text_MT", "text_row_N", "item_VD", "item_row_N", "word_N", "borrowed_N", "lenders_BK")


@dataclass(frozen=True)
class ModelBundle:
    """Everything that f and g need, and nothing that needs a database."""

    manifest: Manifest
    catalogue: Catalogue
    projection_ET: NDArray[np.float32]
    text_MT: NDArray[np.float32]
    text_row_N: NDArray[np.int32]
    item_VD: NDArray[np.float32]
    item_row_N: NDArray[np.int32]
    word_N: NDArray[np.int32]  # an item's own vector in the sequence model; 0: it speaks by its text alone
    statistics: Statistics
    ranker: Ranker
    sequence: SequenceWeights
    borrowed_N: NDArray[np.bool_]  # new items, whose popularity and transitions are lent by items of like text
    lenders_BK: NDArray[np.int64]  # the rows of those, for each new item in order
    photos: Photos | None = None  # where the shop has any
    demographics: Demographics | None = None  # where shoppers have attributes
    links: dict[str, Graph] = field(default_factory=dict)  # what sources follow besides the counts' own graphs
    parts: dict[str, Tensors] = field(default_factory=dict)  # what else sources have learned, by their names
    text_index: VectorIndex | None = None  # of the texts, where they are many

    @property
    def model_version(self) -> str:
        """The name of the model, which is also its folder's."""
        return self.manifest.model_version

    @property
    def width(self) -> int:
        """D, the length of a profile's vector."""
        return int(self.item_VD.shape[1])

    @cached_property
    def texts(self) -> Vectors:
        """The texts' vectors as they are searched."""
        return Vectors(self.text_MT, self.text_index)

    @cached_property
    def graphs(self) -> dict[str, Graph]:
        """All links from item to item, by the name of the source that follows them."""
        return {"transitions": self.statistics.transitions, "together": self.statistics.occasions, **self.links}

    @cached_property
    def close_topic(self) -> float:
        """The cosine from which the text of a thing to read or watch is close to a product's."""
        are_products_N = self.catalogue.of_kinds(frozenset({PRODUCT}))
        if are_products_N is None:
            return math.inf
        rows_N = self.text_row_N.astype(np.int64)
        return beyond_chance(self.text_MT, np.unique(rows_N[~are_products_N]), np.unique(rows_N[are_products_N]))

    @cached_property
    def reader(self) -> SequenceReader:
        """The sequence model, ready to be asked."""
        return SequenceReader(self.sequence)

    @cached_property
    def price_thirds(self) -> NDArray[np.float32]:
        """The two prices that cut the catalogue into cheap, middling and dear."""
        known = self.catalogue.prices[np.isfinite(self.catalogue.prices)]
        return np.quantile(known, [1 / 3, 2 / 3]).astype(np.float32) if len(known) else np.zeros(2, dtype=np.float32)

    @cached_property
    def popularity_N(self) -> NDArray[np.float32]:
        """What sells now; where the last 30 days hold little, what sold before decides."""
        counts_NW = self.statistics.popularity_NW
        sold_N: NDArray[np.float32] = counts_NW[:, 1] + 1e-2 * counts_NW[:, -1] + 1e-4 * self.statistics.total_N
        return sold_N.astype(np.float32)

    @cached_property
    def sold_W(self) -> NDArray[np.float32]:
        """All popularity of each window together, at least 1."""
        sold_W: NDArray[np.float32] = self.statistics.popularity_NW.sum(axis=0)
        return np.maximum(sold_W, np.float32(1))

    @cached_property
    def rarity_N(self) -> NDArray[np.float32]:
        """Small for what sells anyway."""
        return (1 / np.sqrt(self.statistics.total_N + 1)).astype(np.float32)

    @cached_property
    def groups(self) -> dict[str, tuple[NDArray[np.int64], int]]:
        """Brand, category and its root: a number an item, and the one that stands for none (-1: all are named)."""
        catalogue = self.catalogue
        roots = sorted({path[0] if path else "" for path in catalogue.paths})
        place = {name: number for number, name in enumerate(roots)}
        root_of_path = np.array([place[path[0] if path else ""] for path in catalogue.paths], dtype=np.int64)
        paths = {path: number for number, path in enumerate(catalogue.paths)}
        brands = {name: number for number, name in enumerate(catalogue.brands)}
        return {
            "brand": (catalogue.brand_codes.astype(np.int64), brands.get("", -1)),
            "category": (catalogue.path_codes.astype(np.int64), paths.get((), -1)),
            "root": (root_of_path[catalogue.path_codes], place.get("", -1)),
        }

    @cached_property
    def group_sizes(self) -> dict[str, int]:
        """How many numbers there are of each of the groups."""
        return {name: int(codes_N.max(initial=-1)) + 1 for name, (codes_N, _) in self.groups.items()}

    @cached_property
    def part_sold(self) -> dict[str, NDArray[np.float32]]:
        """The logarithm of each item's part of what its brand, category and root sold."""
        sold_N, parts = self.statistics.total_N, {}
        for name, (codes_N, _) in self.groups.items():
            group_N = np.bincount(codes_N, sold_N)[codes_N] if len(codes_N) else sold_N
            parts[name] = np.log((sold_N + 0.5) / (group_N + 1)).astype(np.float32)
        return parts

    @cached_property
    def sold_within(self) -> dict[str, NDArray[np.float32]]:
        """The logarithm of what each item's brand, category and root sold."""
        sold_N = self.statistics.total_N
        return {
            name: np.log1p(np.bincount(codes_N, sold_N)[codes_N] if len(codes_N) else sold_N).astype(np.float32)
            for name, (codes_N, _) in self.groups.items()
        }

    @cached_property
    def sellers(self) -> NDArray[np.int64]:
        """All rows, the most popular first."""
        return np.argsort(-self.popularity_N, kind="stable")

    @cached_property
    def live_rows(self) -> NDArray[np.int64]:
        """Rows that sold in the longest window of popularity, or are new; all of them in a shop that sells little."""
        live = np.flatnonzero((self.statistics.popularity_NW[:, -1] > 0) | self.borrowed_N)
        return live if len(live) >= FEW_LIVE else np.arange(len(self.catalogue))

    @cached_property
    def front(self) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
        """The live rows that sell best and all new ones, with their vectors: what a shopper's vector is held to."""
        live_N = np.zeros(len(self.catalogue), dtype=bool)
        live_N[self.live_rows] = True
        sellers = self.sellers[live_N[self.sellers]]
        rows = np.sort(np.concatenate([sellers[~self.borrowed_N[sellers]][:FRONT], np.flatnonzero(self.borrowed_N)]))
        return rows, self.item_VD[self.item_row_N[rows]]

    @cached_property
    def text_front(self) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
        """The same rows with their texts' vectors."""
        rows, _ = self.front
        return rows, self.text_MT[self.text_row_N[rows]]

    @cached_property
    def photo_front(self) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
        """The live rows with a photo that sell best and all new ones with one, and these photos."""
        if self.photos is None:
            return np.zeros(0, dtype=np.int64), np.zeros((0, 0), dtype=np.float32)
        live_N = np.zeros(len(self.catalogue), dtype=bool)
        live_N[self.live_rows] = True
        sellers = self.sellers[live_N[self.sellers] & self.photos.has(self.sellers)]
        rows = np.union1d(sellers[~self.borrowed_N[sellers]][:FRONT], sellers[self.borrowed_N[sellers]])
        return rows, self.photos.at(rows)

    @cached_property
    def rows_by_text(self) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """All rows in order of text, within one the most popular first; and where each text's rows begin."""
        order_N = self.sellers[np.argsort(self.text_row_N[self.sellers], kind="stable")]
        return order_N, np.searchsorted(self.text_row_N[order_N], np.arange(len(self.text_MT) + 1))

    def having_rows(self, allowed_N: NDArray[np.bool_]) -> NDArray[np.bool_]:
        """Which distinct texts, (M,), belong to an item that is allowed, (N,)."""
        allowed_M = np.zeros(len(self.text_MT), dtype=bool)
        allowed_M[self.text_row_N[allowed_N]] = True
        return allowed_M

    def rows_of_texts(self, texts: NDArray[np.int64]) -> NDArray[np.int64]:
        """The rows of all items that have one of these texts."""
        order_N, starts = self.rows_by_text
        return np.concatenate([order_N[:0], *(order_N[starts[text] : starts[text + 1]] for text in texts)])

    def item_cosines(self, vector_D: NDArray[np.float32], rows_C: NDArray[np.int64]) -> NDArray[np.float32]:
        """Of a vector with those of these items; all others are left alone where the texts have an index, too."""
        places_C = self.item_row_N[rows_C]
        if self.text_index is None:
            return np.asarray((self.item_VD @ vector_D)[places_C], dtype=np.float32)
        return np.asarray(self.item_VD[places_C] @ vector_D, dtype=np.float32)

    def save(self, path: Path) -> None:
        """Writes the folder beside its place and then moves it there, so that a half-written one is never found."""
        path.parent.mkdir(parents=True, exist_ok=True)
        draft = path.with_name(f".{path.name}.{uuid.uuid4().hex[:8]}")
        draft.mkdir()
        try:
            write_tensors(draft / TENSORS, self._tensors())
            self.catalogue.save(draft / CATALOGUE)
            if self.text_index is not None:
                self.text_index.save(draft / TEXT_INDEX)
            digests = {file.name: digest(file) for file in draft.iterdir()}
            manifest = self.manifest.model_copy(update={"digests": digests})
            (draft / MANIFEST).write_text(manifest.model_dump_json(indent=2), encoding="utf-8")
            replace_folder(draft, path)
        finally:
            shutil.rmtree(draft, ignore_errors=True)

    def _tensors(self) -> Tensors:
        named: Tensors = {name: getattr(self, name) for name in PARTS}
        named |= {f"statistics.{name}": array for name, array in self.statistics.tensors().items()}
        named |= {f"ranker.{name}": array for name, array in self.ranker.tensors().items()}
        for part, more in (("photos", self.photos), ("demographics", self.demographics)):
            named |= {f"{part}.{name}": array for name, array in (more.tensors() if more else {}).items()}
        for source, graph in self.links.items():
            named |= {f"links.{source}.{name}": array for name, array in graph.tensors().items()}
        for source, tensors in self.parts.items():
            named |= {f"parts.{source}.{name}": array for name, array in tensors.items()}
        return named | {f"sequence.{name}": array for name, array in self.sequence.tensors.items()}

    @classmethod
    def load(cls, path: Path, mapped: bool = True) -> "ModelBundle":
        """The model in this folder, checked; BundleError says what is missing or damaged, however it is.

        Mapped, processes share its memory, but one that reads a file cut meanwhile is killed; else it is read whole.
        """
        try:
            manifest = read_manifest(path)
            check_digests(path, manifest)
            tensors, catalogue = read_tensors(path / TENSORS, mapped), Catalogue.load(path / CATALOGUE)
            index = VectorIndex.open(path / TEXT_INDEX, mapped) if TEXT_INDEX in manifest.digests else None
            return cls._assemble(manifest, catalogue, tensors, index)
        except BundleError:
            raise
        except (Exception, pl.exceptions.PanicException) as error:  # more ways to spoil a file than have names
            reason = str(error).partition("\n")[0] or type(error).__name__
            raise BundleError(f"{path.name}: {reason}") from error

    @classmethod
    def _assemble(
        cls, manifest: Manifest, catalogue: Catalogue, tensors: Tensors, index: VectorIndex | None
    ) -> "ModelBundle":
        if len(tensors["item_row_N"]) != len(catalogue):
            raise ValueError(f"{TENSORS} has {len(tensors['item_row_N'])} items, {CATALOGUE} {len(catalogue)}")
        check_parts(tensors, len(catalogue), None if index is None else index.shape)
        until = int(manifest.statistics_until.timestamp())
        ranker = Ranker.of(tensors_under(tensors, "ranker."))
        if len(manifest.ranker_columns) != ranker.columns:
            raise ValueError(f"{MANIFEST} names {len(manifest.ranker_columns)} columns of {ranker.columns}")
        return cls(
            manifest=manifest,
            catalogue=catalogue,
            statistics=Statistics.of(tensors_under(tensors, "statistics."), until),
            ranker=ranker,
            photos=Photos.read(tensors_under(tensors, "photos.")),
            demographics=Demographics.read(tensors_under(tensors, "demographics.")),
            sequence=SequenceWeights.read(tensors_under(tensors, "sequence."), manifest.sequence_length),
            links={name: Graph.read(tensors, f"links.{name}.") for name in names_under(tensors, "links.")},
            parts={name: tensors_under(tensors, f"parts.{name}.") for name in names_under(tensors, "parts.")},
            text_index=index,
            **{name: tensors[name] for name in PARTS},
        )

    def project(self, vectors_NE: NDArray[np.float32]) -> NDArray[np.float32]:
        """The encoder's vectors, (N, E), in the width that the model keeps: (N, T), each of length 1."""
        return normalise_rows(vectors_NE @ self.projection_ET)
