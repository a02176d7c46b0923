"""Do photos help? `python -m benchmarks.images`: nearest neighbours by text, by photo and by both, on fashion items.

Counted is how often an item's ten nearest are of its articleType, which neither encoder is told. How much the photo
weighs is chosen on one half of the sample's items, the agreement is taken on the other half.

Shape suffixes: N items, E width of an encoder.
"""

import io
import tarfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import numpy as np
import polars as pl
import typer
from numpy.typing import NDArray
from recommender.image_encoders import load_image_encoder

from benchmarks.tables import goal, print_report, summed, write_report
from recommender.encoders import load_encoder
from recommender.ranker.log import Floats
from recommender.settings import PROJECT_ROOT, get_settings

if TYPE_CHECKING:
    from PIL.Image import Image

FASHION = PROJECT_ROOT.parent / "shared" / "data" / "fashion-images"
NEAREST = 10
WEIGHTS = (0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7)  # of the photo, the rest is the text's
app = typer.Typer(add_completion=False)


@app.command()
def images(
    data_dir: Annotated[Path, typer.Argument(help="a folder with styles.csv.gz and images.tar.gz")] = FASHION,
    sample: Annotated[int, typer.Option(min=100, help="how many items; a photo takes about 80 ms")] = 1500,
    seeds: Annotated[int, typer.Option(min=1, help="samples of items, each of its own chance")] = 1,
    json_out: Annotated[Path | None, typer.Option("--json", help="also write the rows and goals here")] = None,
) -> None:
    """Measure and print one table."""
    if not (data_dir / "styles.csv.gz").exists():
        raise typer.BadParameter(f"DATA_DIR: {data_dir} holds no styles.csv.gz")
    runs = [measured(data_dir, sample, seed) for seed in range(seeds)]
    rows = [{"system": name, **summed([run[name] for run in runs])} for name in runs[0]]
    goals = goals_of(rows)
    title = f"{data_dir.name}, {sample} items, the {NEAREST} nearest of each"
    print_report(title, rows, goals)
    write_report(json_out, title, rows, goals)


def measured(folder: Path, sample: int, seed: int) -> dict[str, dict[str, float]]:
    settings = get_settings()
    styles = pl.read_csv(folder / "styles.csv.gz").drop_nulls(["articleType", "productDisplayName"])
    styles = styles.sample(min(sample, len(styles)), seed=seed, shuffle=True)
    started = time.perf_counter()
    text_NE = load_encoder(settings).encode(styles["productDisplayName"].to_list())
    text_seconds = time.perf_counter() - started
    started = time.perf_counter()
    image_NE = load_image_encoder(settings).encode(_photos(folder, styles["image"].to_list()))
    image_seconds = time.perf_counter() - started
    types = styles["articleType"].to_numpy()
    half = np.arange(len(types)) % 2 == 0
    best = max(WEIGHTS, key=lambda weight: _agreement(_joined(text_NE, image_NE, weight), types, half))
    systems = {
        "text alone": (text_NE, text_seconds),
        "image alone": (image_NE, image_seconds),
        "image + text": (_joined(text_NE, image_NE, best), text_seconds + image_seconds),
    }
    return {
        name: {
            f"agreement@{NEAREST}": _agreement(vectors_NE, types, ~half),
            "ms_per_item": 1000 * seconds / len(types),
            "photo_weight": {"text alone": 0.0, "image alone": 1.0}.get(name, best),
        }
        for name, (vectors_NE, seconds) in systems.items()
    }


def _joined(text_NE: Floats, image_NE: Floats, weight: float) -> Floats:
    """Unit vectors whose cosine is the weighted mean of the two cosines, each about its own mean."""
    centred = [_unit(vectors - vectors.mean(axis=0)) for vectors in (text_NE, image_NE)]
    return np.concatenate([np.sqrt(1 - weight) * centred[0], np.sqrt(weight) * centred[1]], axis=1).astype(np.float32)


def _agreement(vectors_NE: Floats, types: NDArray[Any], asked: NDArray[np.bool_]) -> float:
    cosines = _unit(vectors_NE)[asked] @ _unit(vectors_NE).T
    cosines[np.arange(len(cosines)), np.flatnonzero(asked)] = -np.inf
    nearest = np.argpartition(-cosines, NEAREST - 1, axis=1)[:, :NEAREST]
    return float((types[nearest] == types[asked][:, None]).mean())


def _unit(vectors: Floats) -> Floats:
    result: Floats = vectors / np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), 1e-9)
    return result


def _photos(folder: Path, names: Sequence[str]) -> "list[Image]":
    from PIL import Image

    found: dict[str, Image.Image] = {}
    with tarfile.open(folder / "images.tar.gz") as archive:
        for member in archive:
            name = Path(member.name).name
            data = archive.extractfile(member) if name in set(names) else None
            if data is not None:
                found[name] = Image.open(io.BytesIO(data.read())).convert("RGB")
    missing = [name for name in names if name not in found]
    if missing:
        raise typer.BadParameter(
            f"DATA_DIR: images.tar.gz lacks {len(missing)} photos of styles.csv, {missing[0]} first"
        )
    return [found[name] for name in names]


def goals_of(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    value = {row["system"]: row[f"agreement@{NEAREST}"]["mean"] for row in rows}
    return [
        goal(f"agreement on articleType of image + text against {other}", value["image + text"], value[other])
        for other in ("text alone", "image alone")
    ]


if __name__ == "__main__":
    app()
