"""Any encoder, decoder or T5 of `transformers` as a function from texts to unit vectors.

It knows models and tokenizers; which one is loaded and under which name is `encoders`' affair.

Shape suffixes: B texts, L tokens, E width of the encoder.
"""

import json
import re
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from recommender.encoders.reader import MAX_TOKENS, Form, Ints, Pooling, Prompts, Reader

PROMPTS = "config_sentence_transformers.json"
Pool = Callable[[torch.Tensor, torch.Tensor], torch.Tensor]  # states (B, L, E) and mask (B, L) into (B, E)
IS_E5 = re.compile(r"(^|[-_])e5([-_]|$)", re.IGNORECASE)


class AutoTokens:
    """The tokenizer of a folder or id of `transformers`."""

    def __init__(self, source: str) -> None:
        from transformers import AutoTokenizer

        try:
            self.tokenizer: Any = AutoTokenizer.from_pretrained(source)
        except (OSError, ValueError) as error:
            raise not_loaded(source, error) from error
        if self.tokenizer.pad_token is None:
            self.tokenizer.pad_token = self.tokenizer.eos_token or self.tokenizer.unk_token
        self.tokenizer.padding_side = "right"
        self.max_tokens = MAX_TOKENS

    def ids(self, texts: Sequence[str]) -> list[list[int]]:
        """The ids of each text's tokens with the tokenizer's own marks, `max_tokens` at most and not padded."""
        found: list[list[int]] = self.tokenizer(list(texts), truncation=True, max_length=self.max_tokens)["input_ids"]
        return found

    def pieces(self, word: str) -> list[str]:
        """The pieces that the tokenizer cuts a word into, without marks of beginning and end."""
        found: list[str] = self.tokenizer.tokenize(word)
        return found

    def save(self, file: Path) -> None:
        """As a file of the library `tokenizers`; ValueError where this one is not made by it."""
        backend = getattr(self.tokenizer, "backend_tokenizer", None)
        if backend is None:
            name = type(self.tokenizer).__name__
            raise ValueError(f"encoder_precision: {name} has no form that int8 could read with")
        backend.save(str(file))


def not_loaded(source: str, error: Exception) -> ValueError:
    """The error to raise for a folder or id of which `transformers` makes no model."""
    return ValueError(f"encoder: {source!r} can't be loaded as a Hugging Face model: {error}")


def load_config(source: str) -> Any:
    """The configuration of a folder or id of `transformers`; ValueError where it can't be loaded."""
    from transformers import AutoConfig

    try:
        return AutoConfig.from_pretrained(source)
    except (OSError, ValueError) as error:
        raise not_loaded(source, error) from error


def read_form(source: str, config: Any, tokens: AutoTokens) -> Form:
    """How the model of this source reads texts."""
    tokens.max_tokens = min(MAX_TOKENS, _positions(config))
    return Form(
        width=_width(config),
        max_tokens=tokens.max_tokens,
        pad_id=int(tokens.tokenizer.pad_token_id),
        unknown=tokens.tokenizer.unk_token,
        pooling="last" if is_decoder(config) else "mean",
        prompts=find_prompts(source),
    )


class HuggingFaceEncoder:
    """A folder or id of `transformers`, pooled: the mean over tokens, or a decoder's last token."""

    def __init__(
        self, source: str, encoder_id: str, batch: int = 64, device: str | None = None, half: bool | None = None
    ) -> None:
        self.encoder_id = encoder_id
        config, tokens = load_config(source), AutoTokens(source)
        self.reader = Reader(tokens, read_form(source, config, tokens), batch)
        self.width, self.pool = self.reader.form.width, POOLS[self.reader.form.pooling]
        self._device = device or ("cuda" if torch.cuda.is_available() else "cpu")
        self.model = load_model(source, config).to(self._device).eval()
        if half or (half is None and self._device == "cuda"):
            self.model = self.model.to(torch.bfloat16)

    def encode(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """As `Encoder.encode`; before each text stands the model's prompt for passages, where it has one."""
        return self.reader.encode([self.reader.form.prompts.passage + text for text in texts], self._pooled)

    def encode_queries(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """As `Encoder.encode_queries`, with the model's prompt for queries."""
        return self.reader.encode([self.reader.form.prompts.query + text for text in texts], self._pooled)

    def pooled(self, ids_BL: Ints, mask_BL: Ints) -> torch.Tensor:
        """The vectors of these tokens, (B, E), before they are brought to length 1."""
        ids, mask = (torch.from_numpy(array).to(self._device) for array in (ids_BL, mask_BL))
        states_BLE: torch.Tensor = self.model(input_ids=ids, attention_mask=mask).last_hidden_state
        return self.pool(states_BLE.float(), mask).cpu()

    @torch.inference_mode()
    def _pooled(self, ids_BL: Ints, mask_BL: Ints) -> NDArray[np.float32]:
        vectors: NDArray[np.float32] = self.pooled(ids_BL, mask_BL).numpy()
        return vectors


def load_model(source: str, config: Any, **options: Any) -> Any:
    """The model without its head, of an encoder-decoder its encoder alone; ValueError where it can't be loaded.

    `config` is that of `source`; `options` are handed on to `from_pretrained`.
    """
    from transformers import AutoModel, AutoModelForTextEncoding

    loader: Callable[..., Any] = (
        AutoModelForTextEncoding.from_pretrained if _is_encoder_decoder(config) else AutoModel.from_pretrained
    )
    try:
        return loader(source, **options)
    except (OSError, ValueError) as error:
        raise not_loaded(source, error) from error


def find_prompts(source: str) -> Prompts:
    """What the model's own folder says, as sentence-transformers keeps it; an E5 wants its own in any case."""
    from transformers.utils.hub import cached_file

    options: Any = {f"_raise_exceptions_for_{kind}": False for kind in ("missing_entries", "gated_repo")}
    try:
        file = cached_file(source, PROMPTS, _raise_exceptions_for_connection_errors=False, **options)
    except OSError:
        file = None
    prompts = json.loads(Path(file).read_text(encoding="utf-8")).get("prompts") or {} if file else {}
    passage = next((prompts[name] for name in ("passage", "document", "corpus") if prompts.get(name)), "")
    if prompts.get("query") or passage:
        return Prompts(prompts.get("query") or "", passage)
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


POOLS: dict[Pooling, Pool] = {"mean": _mean, "last": _last_token}
