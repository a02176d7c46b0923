"""What a model's folder says of itself: where the model comes from, what it scored, digests of the other files.

It knows the file and its format, nothing of what a model computes.
"""

import json
from dataclasses import field
from datetime import datetime
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ValidationError

from recommender.models.retrieval_config import RetrievalConfig

MANIFEST, TENSORS, CATALOGUE = "manifest.json", "tensors.safetensors", "catalogue.parquet"
TEXT_INDEX = "texts.faiss"  # only where the digests name it
FORMAT = 3
WINDOWS, SEQUENCES = "windows", "sequences"  # what a ranker can learn from


class BundleError(ValueError):
    """A model's folder can't be used; the message names the file and what is wrong with it."""


class Manifest(BaseModel, frozen=True):
    """Where a model comes from. No learned weight has seen `learned_until` or anything later."""

    format: int = FORMAT
    model_version: str
    created_at: datetime
    data_from: datetime
    learned_until: datetime
    statistics_until: datetime
    until: datetime  # the end of the data, and of what the model was measured on
    test_interval: str
    encoder_id: str
    image_encoder_id: str = ""  # where the model has photos
    feature_service: str
    code_version: str
    sequence_length: int
    ranker_columns: tuple[str, ...]
    sources: tuple[str, ...]  # of candidates and columns, by name
    retrieval: RetrievalConfig = field(default_factory=RetrievalConfig)
    mixture: dict[str, float] = field(default_factory=dict)  # of columns: whom of all that was found the ranker sees
    repeats: bool = True  # whether shoppers come back to their own items
    query_words: dict[str, str] = field(default_factory=dict)  # what titles say for what shoppers search by
    examples: str = WINDOWS  # of time, or each shopper's last events: what the ranker learned from
    hyper_parameters: dict[str, Any] = field(default_factory=dict)
    counts: dict[str, int] = field(default_factory=dict)
    metrics: dict[str, float] = field(default_factory=dict)
    segments: dict[str, dict[str, float]] = field(default_factory=dict)
    baselines: dict[str, dict[str, float]] = field(default_factory=dict)
    timings: dict[str, float] = field(default_factory=dict)
    digests: dict[str, str] = field(default_factory=dict)


def read_manifest(path: Path) -> Manifest:
    """The manifest of the model in this folder; `BundleError` where it is missing, damaged or of another format."""
    if not (path / MANIFEST).is_file():
        raise BundleError(f"{path}: no model here ({MANIFEST} is missing)")
    try:
        manifest = Manifest.model_validate(json.loads((path / MANIFEST).read_text(encoding="utf-8")))
    except (ValidationError, ValueError, OSError, RecursionError) as error:
        raise BundleError(f"{path.name}: {MANIFEST} can't be read: {error}") from error
    if manifest.format != FORMAT:
        raise BundleError(f"{path.name}: format {manifest.format}, this release reads {FORMAT}; train anew")
    return manifest
