"""A ranked list as the answer that is sent: with the shop's present titles and prices, and recorded as shown.

It writes JSON as it goes, since most of an answer was written when the list was made. It ranks nothing.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import orjson

from recommender.scenarios.base import Chosen
from recommender.tracing import annotate
from services.recommend.experiments import Assignment
from services.recommend.impressions import Impressions, new_id
from services.recommend.list_cache import KeptEvidence, Place, Ranked
from services.recommend.scenarios import scenario_of
from services.schemas.recommend import MAX_OFFSET, RecommendRequest
from services.state.catalog_cache import LiveItems
from services.state.preferences import Controls

_ANSWER = (
    b'{"recommendation_id":"%b","model_version":%b,"profile_version":%b,"degraded":%b,"ignored":%b,'
    b'"experiment":%b,"next_offset":%b,"items":[%b]%b}'
)
NOTHING_MORE: Mapping[str, object] = {}


@dataclass(slots=True)
class ResponseWriter:
    """Tells lists, and keeps what was shown."""

    live_items: LiveItems
    impressions: Impressions
    controls: Controls

    def write(
        self,
        request: RecommendRequest,
        ranked: Ranked,
        model_version: str,
        profile_version: int | None,
        degraded: Sequence[str],
        now: datetime,
        ignored: Sequence[str] = (),
        assignment: Assignment | None = None,
        details: Mapping[str, object] = NOTHING_MORE,
    ) -> bytes:
        """The answer as JSON, with the shop's present titles and prices; recorded as shown.

        `details` is what it says besides: of a wish, what was understood. Of a list that the text LLM may put into
        its order, the answer says what became of that.
        """
        items, shown = [], []
        language = request.item_language or request.language
        for place in ranked.places:
            head = self.live_items.head(place.item_id, now, language, request.currency)
            if head is not None:
                items.append(head + place.tail)
                shown.append(place)
                if len(items) == request.n:
                    break
        if ranked.llm_rerank:
            details = {**details, "llm_rerank": ranked.llm_rerank}
        recommendation_id = new_id(now)
        annotate(recommendation_id=recommendation_id, model_version=model_version, items=len(items))
        annotate(degraded=",".join(degraded))
        made_by = (model_version, profile_version, assignment)
        self._record(request, recommendation_id, made_by, ranked.kept, shown, now)
        after = request.offset + request.n
        more = after <= MAX_OFFSET and (len(ranked.places) > request.n or not ranked.whole)
        return _ANSWER % (
            recommendation_id.encode(),
            orjson.dumps(model_version),
            orjson.dumps(profile_version),
            orjson.dumps(degraded),
            orjson.dumps(ignored),
            orjson.dumps(assignment._asdict() if assignment is not None else None),
            orjson.dumps(after if more else None),
            b",".join(items),
            b"," + orjson.dumps(details)[1:-1] if details else b"",
        )

    def _record(
        self,
        request: RecommendRequest,
        recommendation_id: str,
        made_by: tuple[str, int | None, Assignment | None],
        kept: KeptEvidence,
        shown: Sequence[Place],
        now: datetime,
    ) -> None:
        model_version, profile_version, assignment = made_by
        nameless = not self.controls.of(request.user_id).personalised  # counted, but as nobody's
        evidence_id, there = kept.now
        evidence = None
        if not all(place.item_id in there for place in shown):
            there = {**there, **{place.item_id: place for place in shown}}
            evidence_id = new_id(now)
            evidence = _evidence(evidence_id, KeptEvidence() if nameless else kept, there.values(), request.language)
        row = {
            "recommendation_id": recommendation_id,
            "user_id": None if nameless else request.user_id,
            "session_id": None if nameless else request.session_id,
            "scenario": scenario_of(request),
            "model_version": model_version,
            "profile_version": profile_version,
            "items": orjson.Fragment(b"[" + b",".join([place.shown for place in shown]) + b"]"),
            "evidence_id": evidence_id,
            "experiment_id": assignment.experiment_id if assignment is not None else None,
            "arm": assignment.arm if assignment is not None else None,
            "time": now,
        }
        if self.impressions.record(row, evidence):
            kept.now = (evidence_id, there)


def _evidence(evidence_id: str, whose: KeptEvidence, places: Iterable[Place], language: str) -> dict[str, Any]:
    """A row of `impression_evidence`: what answers say of these places beside today's title and price."""
    items = b",".join([b'{"item_id":%b%b' % (orjson.dumps(place.item_id), place.tail) for place in places])
    return {
        "evidence_id": evidence_id,
        "user_id": whose.user_id,
        "session_id": whose.session_id if whose.user_id is None else None,
        "language": language,
        "items": orjson.Fragment(b"[" + items + b"]"),
        "size": len(items) + 2,
    }


def place_of(chosen: Chosen, reason: Mapping[str, str]) -> Place:
    """A ranked item as answers tell it; `reason` is its sentence and who wrote it, by the answer's field names."""
    scored = chosen.item
    evidence = [
        {"source": one.source, "item_ids": one.item_ids, "event_ids": one.event_ids, "attributes": one.attributes}
        for one in scored.evidence
    ]
    rules = [{"rule_id": rule.rule_id, "action": rule.action} for rule in chosen.rules]
    tail = orjson.dumps({"score": scored.score, **reason, "evidence": evidence, "rules": rules})
    kept = {"rules": [rule.rule_id for rule in chosen.rules]} if chosen.rules else {}
    shown = orjson.dumps({"item_id": scored.item_id, "score": scored.score, **kept})
    return Place(scored.item_id, b"," + tail[1:], shown)
