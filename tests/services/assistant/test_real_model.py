"""Replies of real models behind llama.cpp's own server, over the whole path; pip has the models."""

from collections.abc import Iterator
from datetime import UTC, datetime

import pytest

from benchmarks.common.text_llm import ModelMissing, model_file, serving
from recommender.assistant.composing.composer import Composed
from recommender.explain.llm import Guarded
from recommender.explain.llm_openai import RemoteLLM
from services.assistant.reply_writer import ReplyWriter
from services.container import Shop
from services.schemas.assistant import AssistantRequest

pytestmark = [pytest.mark.slow, pytest.mark.timeout(1200)]
QUESTIONS = {
    "do you sell a lawn mower?": ("9.00", "in stock", "sold out", "Lawn mower"),
    "how much is the lawn mower?": ("9.00",),
    "is the lawn mower in stock?": ("Lawn mower",),  # nobody said how many there are
}
PATIENCE = 300.0  # seconds for one reply on a busy processor


@pytest.fixture(params=["smollm2", "qwen2.5-coder-0.5b"])
def url(request: pytest.FixtureRequest) -> Iterator[str]:
    try:
        file = model_file(request.param)
    except (ModelMissing, ValueError) as missing:
        pytest.skip(f"{request.param} can't be installed: {missing}")
    with serving(file) as base:
        yield base


def test_a_real_model_is_understood_and_nothing_but_the_evidence_is_shown(embedded_shop: Shop, url: str) -> None:
    embedded_shop.searcher.look()
    noted = list[Composed]()
    engine = Guarded(RemoteLLM(url, "m"), rest_seconds=0)
    embedded_shop.assistant.writer = ReplyWriter(engine, PATIENCE, noted.append)
    for question, one_of in QUESTIONS.items():
        answer = embedded_shop.assistant.reply(AssistantRequest(question=question), datetime.now(UTC))
        assert any(said.lower() in answer.answer.lower() for said in one_of), answer.answer
        assert [source.id for source in answer.sources] == ["garden-7"]
        assert "llm" not in answer.degraded
    assert engine.counts.outcomes == {"written": len(QUESTIONS)}
    for composed in noted:
        assert composed.written is not None
        assert composed.written.text
        assert (composed.part.composed_by == "llm") == (composed.refused == "")
