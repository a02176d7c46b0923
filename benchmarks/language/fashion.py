"""`python -m benchmarks.fashion [DATA_DIR] [--photos N] [--json OUT]`: do photo and text together find what is alike?

Products of a fashion catalogue, each asked for its ten nearest: by name, by photo, by both. A neighbour agrees when it
is of the same article type, which neither encoder is told. How much the photo weighs beside the name is chosen on half
of the products and measured on the other half, where both halves search among their own.

Shape suffixes: N items, E width of the encoder, I width of photo vectors.
"""

import tarfile
from pathlib import Path
from typing import Annotated

import numpy as np
import polars as pl
import typer
from numpy.typing import NDArray

from benchmarks.common.result_tables import Row, console, number, print_report, write_report
from recommender.encoders.base import load_encoder
from recommender.encoders.image import load_image_encoder
from recommender.encoders.image_io import decode_image
from recommender.settings import PROJECT_ROOT, get_settings

FASHION = PROJECT_ROOT.parent / "shared" / "data" / "fashion-images"
METRIC, NEAREST = "agreement@10", 10
SHARES = (0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9)  # of the photo, in the likeness of two products
TEXT, PHOTO, BOTH = "text", "photo", "photo + text"
Floats = NDArray[np.float32]


def main(
    data_dir: Annotated[Path, typer.Argument(help="A folder with styles.csv.gz and images.tar.gz.")] = FASHION,
    photos: Annotated[int, typer.Option(min=100, help="Products, drawn by chance.")] = 3_000,
    seeds: Annotated[int, typer.Option(min=1, help="Draws of the two halves.")] = 3,
    json_out: Annotated[Path | None, typer.Option("--json", help="Also write the rows and goals here.")] = None,
) -> None:
    """Measures and prints one table."""
    names, kinds, files = products(data_dir, photos)
    settings = get_settings()
    with console.status("reading names"):
        text_NE = load_encoder(settings).encode(names)
    with console.status("looking at photos"):
        photo_NI = load_image_encoder(settings).encode([decode_image(data) for data in files])
    rows = rows_of(text_NE @ text_NE.T, photo_NI @ photo_NI.T, kinds, seeds)
    title = f"{data_dir.name}: {len(names):,} products of {len(set(kinds))} article types"
    goals = goals_of(rows)
    print_report(title, rows, goals)
    write_report(json_out, title, rows, goals)


def products(folder: Path, count: int) -> tuple[list[str], NDArray[np.str_], list[bytes]]:
    """Names, article types and photo files of so many products, in an order of chance."""
    styles = pl.read_csv(folder / "styles.csv.gz", infer_schema=False).drop_nulls(["productDisplayName", "articleType"])
    styles = styles.sample(min(count, len(styles)), shuffle=True, seed=5)
    wanted = {f"images/{name}" for name in styles["image"]}
    with tarfile.open(folder / "images.tar.gz") as archive:
        read = {one.name: archive.extractfile(one) for one in archive if one.name in wanted}
        found = {name: file.read() for name, file in read.items() if file is not None}
    styles = styles.filter(pl.concat_str(pl.lit("images/"), "image").is_in(list(found)))
    files = [found[f"images/{name}"] for name in styles["image"]]
    return styles["productDisplayName"].to_list(), styles["articleType"].to_numpy().astype(np.str_), files


def rows_of(text_NN: Floats, photo_NN: Floats, kinds_N: NDArray[np.str_], seeds: int) -> list[Row]:
    found: dict[str, list[float]] = {TEXT: [], PHOTO: [], BOTH: []}
    chosen = []
    for seed in range(seeds):
        order = np.random.default_rng(seed).permutation(len(kinds_N))
        tune, test = order[: len(order) // 2], order[len(order) // 2 :]
        chosen.append(max(SHARES, key=lambda share: _together(text_NN, photo_NN, kinds_N, tune, share)))
        for name, share in ((TEXT, 0.0), (PHOTO, 1.0), (BOTH, chosen[-1])):
            found[name].append(_together(text_NN, photo_NN, kinds_N, test, share))
    shares = {TEXT: [0.0], PHOTO: [1.0], BOTH: chosen}
    return [
        {"system": name, METRIC: number(values), "share of the photo": number(shares[name])}
        for name, values in found.items()
    ]


def _together(
    text_NN: Floats, photo_NN: Floats, kinds_N: NDArray[np.str_], part: NDArray[np.int64], share: float
) -> float:
    square = np.ix_(part, part)
    return agreement((1 - share) * text_NN[square] + share * photo_NN[square], kinds_N[part])


def agreement(likeness_NN: Floats, kinds_N: NDArray[np.str_]) -> float:
    """The share of each one's nearest others that are of its kind."""
    likeness_NN = likeness_NN.copy()
    np.fill_diagonal(likeness_NN, -np.inf)
    nearest = np.argpartition(-likeness_NN, NEAREST, axis=1)[:, :NEAREST]
    return float((kinds_N[nearest] == kinds_N[:, None]).mean())


def goals_of(rows: list[Row]) -> list[Row]:
    value = {row["system"]: row[METRIC]["mean"] for row in rows}
    return [
        {"name": f"{BOTH} above {name}", "value": value[BOTH], "target": value[name], "met": value[BOTH] > value[name]}
        for name in (TEXT, PHOTO)
    ]


if __name__ == "__main__":
    typer.run(main)
