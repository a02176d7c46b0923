"""Photos for tests: a few of the public fashion set, and a tiny ViT made from its configuration."""

import csv
import gzip
import tarfile
from dataclasses import dataclass
from pathlib import Path

import torch
from transformers import PreTrainedModel, ViTConfig, ViTForImageClassification, ViTImageProcessor, ViTModel


@dataclass(frozen=True, slots=True)
class Photo:
    name: str
    article: str
    title: str
    data: bytes


def fashion_photos(shared_data: Path, article_types: tuple[str, ...], each: int) -> list[Photo]:
    """The first few photos of each of these kinds of article."""
    folder = shared_data / "fashion-images"
    with gzip.open(folder / "styles.csv.gz", "rt", encoding="utf-8") as lines:
        rows = list(csv.DictReader(lines))
    chosen = [row for kind in article_types for row in [one for one in rows if one["articleType"] == kind][:each]]
    wanted = {f"images/{row['image']}" for row in chosen}
    found: dict[str, bytes] = {}
    with tarfile.open(folder / "images.tar.gz") as archive:
        for member in archive:
            stream = archive.extractfile(member) if member.name in wanted else None
            if stream is not None:
                found[Path(member.name).name] = stream.read()
            if len(found) == len(wanted):
                break
    return [Photo(r["image"], r["articleType"], r["productDisplayName"], found[r["image"]]) for r in chosen]


def tiny_vit(folder: Path, classifier: bool = False) -> Path:
    """A ViT of width 32 with random weights, the same every time."""
    torch.manual_seed(0)
    config = ViTConfig(hidden_size=32, num_hidden_layers=2, num_attention_heads=2, intermediate_size=64, image_size=32)
    config.patch_size = 8
    model: PreTrainedModel = ViTForImageClassification(config) if classifier else ViTModel(config)
    model.save_pretrained(folder)
    ViTImageProcessor(size={"height": 32, "width": 32}).save_pretrained(folder)
    return folder
