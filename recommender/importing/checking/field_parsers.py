"""By which form and within which limits each field of a kind of file is read."""

from collections.abc import Mapping

import polars as pl

from recommender.db.tables import ID_LENGTH
from recommender.importing.checking.rows import LONG_TEXT, Rules
from recommender.importing.column_names import Kind
from recommender.importing.fields.identifiers import identifier
from recommender.importing.fields.money import amounts, sums
from recommender.importing.fields.values import Parsed, Parser, flag, number, text, time

TITLE, CURRENCY = 1_000, 16


def parsers_of(kind: Kind, rules: Rules) -> Mapping[str, Parser]:
    """The parser of each field that rows of this kind have, by the field's name.

    Times of what has happened lie no further ahead of `rules.now` than clocks may run; times without a zone are in
    `rules.zone`, ids are taken as they stand where `rules.verbatim` says so.
    """
    past, any_time = time(rules.now, zone=rules.zone), time(rules.now, may_be_future=True, zone=rules.zone)
    an_id = identifier(ID_LENGTH, rules.verbatim)
    if kind is Kind.EVENTS:
        names = ("event_id", "user_id", "item_id", "session_id", "recommendation_id")
        money = {"value": sums, "quantity": sums}
        back = {"status": text(64), "returned_at": past}
        return {
            **dict.fromkeys(names, an_id),
            "event_type": text(64),
            **money,
            "currency": text(CURRENCY),
            "text": text(LONG_TEXT),
            "time": past,
            **back,
        }
    if kind is Kind.USERS:
        consent = {"consent": flag, "consent_time": past}
        return {"user_id": an_id, "attributes": text(LONG_TEXT), **consent, "created_at": past}
    if kind is Kind.LINKS:
        return {"source_user_id": an_id, "target_user_id": an_id, "kind": text(16), "weight": number()}
    return {
        "item_id": an_id,
        "title": text(TITLE),
        "description": text(LONG_TEXT),
        "brand": text(256),
        "categories": text(LONG_TEXT),
        "price": amounts,
        "sale_price": amounts,
        "image": text(2_000),
        "url": text(2_000),
        "currency": text(CURRENCY),
        "prices": text(LONG_TEXT),
        "language": text(16),
        "translations": text(2 * LONG_TEXT),
        "attributes": text(LONG_TEXT),
        "available_from": any_time,
        "available_until": any_time,
        "hidden": flag,
        "kind": _kind,
    }


def _kind(column: pl.Series) -> Parsed:
    """A kind of item: product, article, video, ...; capital letters don't count."""
    values, problems = text(32)(column)
    return values.str.to_lowercase(), problems
