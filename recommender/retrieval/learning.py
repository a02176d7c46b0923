"""What the sources of a model learn from the past, put into the model.

It knows a bundle whose statistics were counted from the very events given.
"""

from dataclasses import replace
from typing import Any

from recommender.models.bundle import ModelBundle
from recommender.models.counting.event_arrays import Events
from recommender.retrieval.base import SOURCES, Past


def with_sources(bundle: ModelBundle, events: Events, memo: dict[str, Any] | None = None) -> ModelBundle:
    """The model with the links and numbers of its sources; `memo` keeps what depends on texts alone between calls."""
    past = Past(
        events, bundle.statistics, bundle.manifest.retrieval, bundle.catalogue.titles, bundle.text_MT,
        bundle.text_row_N, bundle.groups, bundle.manifest.repeats, {} if memo is None else memo,
    )  # fmt: skip
    sources = [SOURCES[name] for name in bundle.manifest.sources]
    graphs = {source.name: source.fit_graph(past) for source in sources}
    parts = {source.name: source.fit_tensors(past) for source in sources}
    return replace(
        bundle,
        links={name: graph for name, graph in graphs.items() if graph is not None},
        parts={name: tensors for name, tensors in parts.items() if tensors},
    )
