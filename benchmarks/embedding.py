"""How near the embedding path comes to a bare loop over the same model: `python -m benchmarks.embedding [--json OUT]`.

The path is the platform's own: texts out of the database, sorted by length, padded as far as their batch needs, vectors
written to the cache. The bare loop has the tokens ready in the same batches and does nothing but call the model. Also:
how many model calls an unchanged catalogue costs, and whether memory grows with the catalogue.
"""

import os
import platform
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any

import numpy as np
import orjson
import torch
import typer
from rich.console import Console
from rich.table import Table

from recommender.data.item_text import content_hash, item_text
from recommender.db.engine import close_engines, get_engine, migrate, session_scope
from recommender.db.tables import Item
from recommender.embeddings.text import BATCH, embed_items, texts_by_hash
from recommender.encoders.base import base_id, load_full, source_of
from recommender.encoders.huggingface import HuggingFaceEncoder
from recommender.encoders.onnx import OnnxEncoder, load_int8
from recommender.encoders.reader import Ints
from recommender.settings import get_settings

SHARE, GROWTH = 0.9, 1.25
PEAKS = (5_000, 20_000)  # texts
THEN = datetime(2026, 1, 1, tzinfo=UTC)
WORDS = (
    *("green", "black", "tea", "coffee", "dog", "cat", "food", "toy", "baby", "garden"),
    *("rake", "organic", "fresh", "large", "small", "blue", "soft", "wool"),
)


def synthetic_items(count: int, first: int = 0) -> list[Item]:
    """Distinct products of four to thirty words, numbered from `first`."""
    rng = np.random.default_rng(first)
    items = []
    for place in range(first, first + count):
        words = rng.choice(WORDS, rng.integers(3, 30))
        title = f"{' '.join(words)} {place}"
        row: dict[str, Any] = {
            "item_id": f"i{place:07}",
            "kind": "product",
            "title": title,
            "description": "",
            "brand": "",
        }
        row |= {"categories": [], "attributes": {}, "hidden": False, "stub": False}
        row |= {"content_hash": content_hash(item_text(title)), "updated_at": THEN}
        items.append(Item(**row))
    return items


def main(
    texts: Annotated[int, typer.Option(help="Distinct texts that are read.")] = 3_000,
    rounds: Annotated[int, typer.Option(help="Rounds; the best one counts.")] = 3,
    memory: Annotated[bool, typer.Option(help="Also measure the most memory at 5,000 and 20,000 texts.")] = True,
    peak_of: Annotated[int, typer.Option(hidden=True)] = 0,
    out: Annotated[Path | None, typer.Option("--json", help="Write the figures there, too.")] = None,
) -> None:
    """Measures and prints a table."""
    if peak_of:
        return _peak_of(peak_of)
    torch.set_num_threads(get_settings().threads)
    rows = throughput_rows(texts, rounds)
    if memory:
        rows += [{"system": f"{count:,} texts, a tiny BERT", "peak_mb": peak_megabytes(count)} for count in PEAKS]
    report = {"machine": f"{platform.machine()}, {os.cpu_count()} CPUs", "rows": rows, "goals": goals_of(rows)}
    show(report)
    if out is not None:
        out.write_bytes(orjson.dumps(report, option=orjson.OPT_INDENT_2))


def throughput_rows(texts: int, rounds: int) -> list[dict[str, Any]]:
    """The encoder of the settings in torch, and in int8 by ONNX Runtime, in a home of this run."""
    with _fresh_home():
        migrate()
        with session_scope() as session:
            session.add_all(synthetic_items(texts))
        settings = get_settings()
        whole = load_full(settings)
        small = load_int8(settings, source_of(settings), base_id(settings))
        return [measure("torch", whole, rounds), measure("ONNX int8", small, rounds)]


@contextmanager
def _fresh_home() -> Iterator[None]:
    former = os.environ.get("ZHIYIN_HOME"), os.environ.pop("ZHIYIN_DATABASE_URL", None)
    with tempfile.TemporaryDirectory() as folder:
        os.environ["ZHIYIN_HOME"] = folder
        get_settings.cache_clear()
        close_engines()
        try:
            yield
        finally:
            get_engine().dispose()
            for name, value in zip(("ZHIYIN_HOME", "ZHIYIN_DATABASE_URL"), former, strict=True):
                os.environ.pop(name, None)
                if value is not None:
                    os.environ[name] = value
            get_settings.cache_clear()
            close_engines()


def measure(name: str, encoder: HuggingFaceEncoder | OnnxEncoder, rounds: int) -> dict[str, Any]:
    """Texts a second of both, in turns, so that a busy machine slows them alike; the best of the rounds."""
    with session_scope() as session:
        texts = list(texts_by_hash(session).values())
    batches = [encoder.reader.batch(part) for part in _bare_batches(encoder, texts)]
    encoder.encode(texts[:64])
    path, bare = [], []
    for turn in range(rounds):
        path.append(_seconds(lambda turn=turn: embed_items(lambda: encoder, f"{encoder.encoder_id}-{turn}")))  # type: ignore[misc]
        bare.append(_seconds(lambda: _bare(encoder, batches)))
    again = embed_items(lambda: encoder, f"{encoder.encoder_id}-0").model_calls
    rates = {"texts_per_second": len(texts) / min(path), "bare_texts_per_second": len(texts) / min(bare)}
    return {"system": name, **rates, "share_of_bare": min(bare) / min(path), "model_calls_again": again}


def _bare_batches(encoder: HuggingFaceEncoder | OnnxEncoder, texts: list[str]) -> list[list[str]]:
    size = get_settings().encoder_batch
    ordered = []
    for start in range(0, len(texts), BATCH):  # the path sorts within what it holds in memory
        ordered += sorted(texts[start : start + BATCH], key=lambda text: int(encoder.reader.batch([text])[1].sum()))
    return [ordered[start : start + size] for start in range(0, len(ordered), size)]


@torch.inference_mode()
def _bare(encoder: HuggingFaceEncoder | OnnxEncoder, batches: list[tuple[Ints, Ints]]) -> None:
    for ids_BL, mask_BL in batches:
        if isinstance(encoder, OnnxEncoder):
            encoder.session.run(None, {"input_ids": ids_BL, "attention_mask": mask_BL})
        else:
            encoder.model(input_ids=torch.from_numpy(ids_BL), attention_mask=torch.from_numpy(mask_BL))


def _seconds(work: Callable[[], object]) -> float:
    started = time.perf_counter()
    work()
    return time.perf_counter() - started


def peak_megabytes(count: int) -> float:
    """The most memory a process of its own holds while it embeds so many texts.

    The encoder is tiny: what a large one takes is the same for any catalogue, and would hide what isn't.
    """
    with tempfile.TemporaryDirectory() as folder:
        environment = {**os.environ, "ZHIYIN_HOME": folder, "ZHIYIN_ENCODER": str(_tiny_bert(Path(folder) / "bert"))}
        environment.pop("ZHIYIN_DATABASE_URL", None)
        command = [sys.executable, "-m", "benchmarks.embedding", "--peak-of", str(count)]
        found = subprocess.run(command, env=environment, capture_output=True, text=True, encoding="utf-8", check=True)
    return float(found.stdout.split()[-1])


def _peak_of(count: int) -> None:
    migrate()
    for start in range(0, count, 1_000):
        with session_scope() as session:
            session.add_all(synthetic_items(1_000, start))
    encoder = load_full(get_settings())
    embed_items(lambda: encoder, encoder.encoder_id)
    print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024)


def _tiny_bert(folder: Path) -> Path:
    from tokenizers import Tokenizer
    from tokenizers.models import WordLevel
    from tokenizers.pre_tokenizers import Whitespace
    from transformers import BertConfig, BertModel, PreTrainedTokenizerFast

    vocabulary = {word: place for place, word in enumerate(["[PAD]", "[UNK]", *WORDS])}
    rules = Tokenizer(WordLevel(vocabulary, unk_token="[UNK]"))  # noqa: S106 (no secret)
    rules.pre_tokenizer = Whitespace()
    make: Any = PreTrainedTokenizerFast
    make(tokenizer_object=rules, pad_token="[PAD]", unk_token="[UNK]").save_pretrained(folder)  # noqa: S106
    config = BertConfig(vocab_size=len(vocabulary), hidden_size=32, num_hidden_layers=2, num_attention_heads=2)
    config.intermediate_size = 64
    BertModel(config).save_pretrained(folder)
    return folder


def goals_of(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    by_name = {row["system"]: row for row in rows}
    goals = []
    for name, row in by_name.items():
        if "share_of_bare" in row:
            goals.append(_goal(f"{name}: share of the bare loop's texts a second", row["share_of_bare"], SHARE))
            calls = row["model_calls_again"]
            goals.append(
                {
                    "name": f"{name}: model calls on an unchanged catalogue",
                    "value": calls,
                    "target": 0,
                    "met": not calls,
                }
            )
    peaks = [row["peak_mb"] for row in rows if "peak_mb" in row]
    if len(peaks) > 1:
        grown = max(peaks) / min(peaks)
        name = "most memory, the largest catalogue against the smallest"
        goals.append({"name": name, "value": grown, "target": GROWTH, "met": grown <= GROWTH})
    return goals


def _goal(name: str, value: float, target: float) -> dict[str, Any]:
    return {"name": name, "value": value, "target": target, "met": bool(value >= target)}


def show(report: dict[str, Any]) -> None:
    names = [name for name in dict.fromkeys(key for row in report["rows"] for key in row) if name != "system"]
    table = Table("system", *names, title=report["machine"])
    for row in report["rows"]:
        table.add_row(row["system"], *(f"{row[name]:.2f}" if name in row else "" for name in names))
    console = Console()
    console.print(table)
    for goal in report["goals"]:
        verdict = "met" if goal["met"] else "not met"
        console.print(f"{verdict}: {goal['name']}: {goal['value']:.3f}, goal {goal['target']}", markup=False)


if __name__ == "__main__":
    typer.run(main)
