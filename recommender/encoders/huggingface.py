"""Any encoder, decoder or T5 of `transformers` as a function from texts to unit vectors.

It knows models and tokenizers; which one is loaded and under which name is `encoders`' affair.

Shape suffixes: B texts, L tokens, E width of the encoder.
"""

import json
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

MAX_TOKENS = 96  # a product's title and attributes fit; longer texts are cut
BLANK = "."  # read in place of a text that has no token
PROMPTS = "config_sentence_transformers.json"
Pool = Callable[[torch.Tensor, torch.Tensor], torch.Tensor]  # states (B, L, E) and mask (B, L) into (B, E)
IS_E5 = re.compile(r"(^|[-_])e5([-_]|$)", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Prompts:
    """What a model wants to read before a query, and before a text that is to be found."""

    query: str = ""
    passage: str = ""


class Reader:
    """Texts into padded batches of tokens, and a model's states into one vector a text."""

    def __init__(self, source: str, batch: int) -> None:
        from transformers import AutoConfig, AutoTokenizer

        try:
            self.config = AutoConfig.from_pretrained(source)
            self._tokenizer: Any = AutoTokenizer.from_pretrained(source)
        except (OSError, ValueError) as error:
            raise ValueError(f"encoder: {source!r} can't be loaded as a Hugging Face model: {error}") from error
        self.prompts = find_prompts(source)
        self.width = int(_width(self.config))
        self._batch = batch
        self.pool: Pool = _last_token if is_decoder(self.config) else _mean
        self._max_tokens = min(MAX_TOKENS, _positions(self.config))
        if self._tokenizer.pad_token is None:
            self._tokenizer.pad_token = self._tokenizer.eos_token or self._tokenizer.unk_token
        self._tokenizer.padding_side = "right"

    def encode(
        self, texts: Sequence[str], run: Callable[[torch.Tensor, torch.Tensor], torch.Tensor]
    ) -> NDArray[np.float32]:
        """`run` takes ids and mask, both (B, L), and gives what `pool` makes of the states, (B, E)."""
        vectors = np.zeros((len(texts), self.width), dtype=np.float32)
        tokens = self._tokenize(texts)
        # texts of like length share a batch, so that little is spent on padding
        order = np.argsort([len(ids) for ids in tokens], kind="stable")
        for start in range(0, len(order), self._batch):
            rows = order[start : start + self._batch]
            ids_BL, mask_BL = self._padded([tokens[row] for row in rows])
            vectors[rows] = torch.nn.functional.normalize(run(ids_BL, mask_BL), dim=-1).numpy()
        return vectors

    def batch(self, texts: Sequence[str]) -> tuple[torch.Tensor, torch.Tensor]:
        """Ids and mask of these texts, both (B, L)."""
        return self._padded(self._tokenize(texts))

    def knows(self, word: str) -> bool:
        """Whether the model reads a word as one piece, as it does those that are usual in its language."""
        pieces = self._tokenizer.tokenize(f" {word}")
        return len(pieces) == 1 and pieces[0] != self._tokenizer.unk_token

    def _tokenize(self, texts: Sequence[str]) -> list[list[int]]:
        if not texts:
            return []
        options = {"truncation": True, "max_length": self._max_tokens}
        tokens: list[list[int]] = self._tokenizer(list(texts), **options)["input_ids"]
        silent = [] if all(tokens) else self._tokenizer([BLANK], **options)["input_ids"][0]
        return [ids or silent for ids in tokens]

    def _padded(self, tokens: list[list[int]]) -> tuple[torch.Tensor, torch.Tensor]:
        longest = max(map(len, tokens))
        ids_BL = np.full((len(tokens), longest), int(self._tokenizer.pad_token_id))
        mask_BL = np.zeros((len(tokens), longest), dtype=np.int64)
        for row, ids in enumerate(tokens):
            ids_BL[row, : len(ids)] = ids
            mask_BL[row, : len(ids)] = 1
        return torch.from_numpy(ids_BL), torch.from_numpy(mask_BL)


class HuggingFaceEncoder:
    """A folder or id of `transformers`, pooled: the mean over tokens, or a decoder's last token."""

    def __init__(
        self, source: str, encoder_id: str, batch: int = 64, device: str | None = None, half: bool | None = None
    ) -> None:
        self.encoder_id = encoder_id
        self.reader = Reader(source, batch)
        self.width = self.reader.width
        self._device = device or ("cuda" if torch.cuda.is_available() else "cpu")
        self.model = load_model(source, self.reader.config).to(self._device).eval()
        if half or (half is None and self._device == "cuda"):
            self.model = self.model.to(torch.bfloat16)

    def encode(self, texts: Sequence[str]) -> NDArray[np.float32]:
        return self.reader.encode([self.reader.prompts.passage + text for text in texts], self._pooled)

    def encode_queries(self, texts: Sequence[str]) -> NDArray[np.float32]:
        return self.reader.encode([self.reader.prompts.query + text for text in texts], self._pooled)

    @torch.inference_mode()
    def _pooled(self, ids_BL: torch.Tensor, mask_BL: torch.Tensor) -> torch.Tensor:
        ids_BL, mask_BL = ids_BL.to(self._device), mask_BL.to(self._device)
        states_BLE: torch.Tensor = self.model(input_ids=ids_BL, attention_mask=mask_BL).last_hidden_state
        return self.reader.pool(states_BLE.float(), mask_BL).cpu()


def load_model(source: str, config: Any, **options: Any) -> Any:
    from transformers import AutoModel, AutoModelForTextEncoding

    loader: Callable[..., Any] = (
        AutoModelForTextEncoding.from_pretrained if _is_encoder_decoder(config) else AutoModel.from_pretrained
    )
    try:
        return loader(source, **options)
    except (OSError, ValueError) as error:
        raise ValueError(f"encoder: {source!r} can't be loaded as a Hugging Face model: {error}") from error


def find_prompts(source: str) -> Prompts:
    """What the model's own folder says, as sentence-transformers keeps it; an E5 wants its own in any case."""
    from transformers.utils.hub import cached_file

    options: Any = {f"_raise_exceptions_for_{kind}": False for kind in ("missing_entries", "gated_repo")}
    try:
        file = cached_file(source, PROMPTS, _raise_exceptions_for_connection_errors=False, **options)
    except OSError:
        file = None
    told = json.loads(Path(file).read_text(encoding="utf-8")).get("prompts") or {} if file else {}
    passage = next((told[name] for name in ("passage", "document", "corpus") if told.get(name)), "")
    if told.get("query") or passage:
        return Prompts(told.get("query") or "", passage)
    return Prompts("query: ", "passage: ") if IS_E5.search(Path(source).name) else Prompts()


def _is_encoder_decoder(config: Any) -> bool:
    return bool(getattr(config, "is_encoder_decoder", False)) or config.model_type in ("t5", "mt5", "umt5")


def is_decoder(config: Any) -> bool:
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
    return hidden_BLE.gather(1, last_B[:, None, None].expand(-1, 1, hidden_BLE.shape[-1]))[:, 0]
