"""Whether the encoder runs in int8 on this machine, and the figures that decided it.

The verdict on an encoder is a small file in the settings' `encoders_dir`: int8 serves only while its neighbours on the
shop's own texts agree with those of fp32. It knows vectors and files, no models.

Shape suffixes: M distinct texts, E width of the encoder, P positions of a ranking.
"""

import json
import re
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from recommender.settings import Settings

INT8_SUFFIX = "+int8"
NEIGHBOURS = 10
ENOUGH = 0.9  # of the ten nearest are the same
SAMPLE = 512  # texts of the catalogue
VERDICT = "precision.json"


@dataclass(frozen=True, slots=True)
class Verdict:
    """`precision` serves, and why; `overlap` is the mean share of neighbours that fp32 and int8 have in common."""

    encoder_id: str
    precision: str
    reason: str
    overlap: float | None = None
    sample: int = 0
    texts: int = 0  # distinct ones in the catalogue when it was judged
    fp32_texts_per_second: float | None = None
    int8_texts_per_second: float | None = None

    def save(self, settings: Settings) -> None:
        """Writes the verdict into the encoder's folder; who reads meanwhile finds it or the former one, whole."""
        place = encoder_folder(settings, self.encoder_id) / VERDICT
        place.parent.mkdir(parents=True, exist_ok=True)
        draft = place.with_suffix(".draft")
        draft.write_text(json.dumps(asdict(self), indent=2), encoding="utf-8")
        draft.replace(place)


def read_verdict(settings: Settings, encoder_id: str) -> Verdict | None:
    """What was found of this encoder; None where nothing was, or the file is damaged."""
    try:
        verdict = json.loads((encoder_folder(settings, encoder_id) / VERDICT).read_text(encoding="utf-8"))
        return Verdict(**verdict)
    except (OSError, ValueError, TypeError):
        return None


def is_int8(settings: Settings, encoder_id: str) -> bool:
    """Whether int8 is wanted and has been found good enough."""
    if settings.encoder_precision not in ("auto", "int8"):
        return False
    verdict = read_verdict(settings, encoder_id)
    return verdict is not None and verdict.precision == "int8"


def encoder_folder(settings: Settings, encoder_id: str) -> Path:
    """The folder below `encoders_dir` that is named after an encoder; what a file's name should not hold becomes _."""
    return settings.encoders_dir / re.sub(r"[^\w.@-]+", "_", encoder_id)


def neighbour_overlap(first_ME: NDArray[np.float32], second_ME: NDArray[np.float32], count: int = NEIGHBOURS) -> float:
    """The mean share of each text's nearest others that both have; 1 for fewer than three texts."""
    count = min(count, len(first_ME) - 1)
    if count < 2:
        return 1.0
    first_MP, second_MP = (_nearest(vectors_ME, count) for vectors_ME in (first_ME, second_ME))
    common = (first_MP[:, :, None] == second_MP[:, None, :]).any(axis=2)
    return float(common.mean())


def _nearest(vectors_ME: NDArray[np.float32], count: int) -> NDArray[np.int64]:
    cosines_MM = vectors_ME @ vectors_ME.T
    np.fill_diagonal(cosines_MM, -np.inf)
    nearest_MP: NDArray[np.int64] = np.argpartition(-cosines_MM, count - 1, axis=1)[:, :count]
    return nearest_MP
