"""Tiny encoders made from their configurations, with a tokenizer of their own, saved as a Hugging Face folder."""

from pathlib import Path
from typing import Any

import torch
from tokenizers import Tokenizer
from tokenizers.models import WordLevel
from tokenizers.pre_tokenizers import Whitespace
from transformers import (
    BertConfig,
    BertModel,
    GPT2Config,
    GPT2LMHeadModel,
    PreTrainedModel,
    PreTrainedTokenizerFast,
    T5Config,
    T5Model,
)

from recommender.settings import Settings

WORDS = [
    *("green", "tea", "black", "coffee", "dog", "food", "cat", "toy", "baby", "garden", "rake"),
    *(".", ">", "a", "the", "茶", ",", "-", "shop", "lark", "heron", "wren"),
]
FAMILIES = ("bert", "gpt2", "t5")
PADDING = {"bert": {"pad_token": "[PAD]"}, "t5": {"pad_token": "[PAD]"}, "gpt2": {"eos_token": "</s>"}}


def tiny_encoder(folder: Path, family: str = "bert") -> Path:
    """A model of this family with width 32 and random weights, the same every time; GPT-2's has no padding token."""
    torch.manual_seed(0)
    vocabulary = {word: place for place, word in enumerate(["[PAD]", "[UNK]", "</s>", *WORDS])}
    rules = Tokenizer(WordLevel(vocabulary, unk_token="[UNK]"))
    rules.pre_tokenizer = Whitespace()
    names = {"unk_token": "[UNK]", **PADDING[family]}
    tokenizer = PreTrainedTokenizerFast(tokenizer_object=rules, **names)  # type: ignore[no-untyped-call]
    _model(family, len(vocabulary)).save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    return folder


def int8_settings(home: Path, folder: Path, precision: str = "int8") -> Settings:
    """Settings of this home whose encoder is the model of this folder, in int8 or as given."""
    return Settings.model_validate({"home": home, "encoder": str(folder), "encoder_precision": precision, "threads": 1})


def _model(family: str, size: int) -> PreTrainedModel:
    if family == "gpt2":
        return GPT2LMHeadModel(GPT2Config(vocab_size=size, n_embd=32, n_layer=2, n_head=2, n_positions=64))
    if family == "t5":
        return T5Model(T5Config(vocab_size=size, d_model=32, d_kv=8, d_ff=64, num_layers=2, num_heads=4))
    shape: dict[str, Any] = {"hidden_size": 32}
    shape |= {"num_hidden_layers": 2, "num_attention_heads": 2, "intermediate_size": 64}
    return BertModel(BertConfig(vocab_size=size, max_position_embeddings=64, **shape))
