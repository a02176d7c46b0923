"""Candidates: sources by name, each with what it learns, what it finds, and what it says of an item."""

from recommender.retrieval import sources
from recommender.retrieval.base import SOURCES, CandidateSource, Past, active_sources, register
from recommender.retrieval.candidates import Candidates, retrieve
from recommender.retrieval.learning import with_sources
from recommender.retrieval.query import Query

__all__ = [
    "SOURCES",
    "CandidateSource",
    "Candidates",
    "Past",
    "Query",
    "active_sources",
    "register",
    "retrieve",
    "sources",
    "with_sources",
]
