"""Texts without markup: HTML tags, comments and styles are taken out, entities become letters.

Only names of HTML's elements are tags, so that "a < b", "<3" and "Size <M>" stay as they are. Text that was escaped
twice is read twice.
"""

import re
from collections import Counter
from html import unescape

import polars as pl

_NAMES = (
    "a abbr address article aside audio b base big blockquote body br button canvas caption center cite code "
    "col colgroup dd del details div dl dt em embed figcaption figure font footer form h1 h2 h3 h4 h5 h6 head "
    "header hr html i iframe img input ins label legend li link main map mark meta nav noscript object ol "
    "option p param picture pre q s section select small source span strike strong sub summary sup svg table "
    "tbody td textarea tfoot th thead time title tr tt u ul var video wbr "
)
_TAG = re.compile(rf"</?(?:{'|'.join(_NAMES.split())}|[a-z]+[:-][\w:-]+)(?:\s[^<>]*)?/?>", re.IGNORECASE)
_INLINE = re.compile(
    r"</?(?:a|abbr|b|big|em|font|i|mark|s|small|span|strong|sub|sup|u|wbr)(?:\s[^<>]*)?/?>", re.IGNORECASE
)
_UNSEEN = re.compile(r"<!\[CDATA\[|\]\]>|<!doctype[^<>]*>", re.IGNORECASE)
_SPANS = (  # what nobody sees, from where it opens to where it closes
    (re.compile("<!--"), re.compile("-->")),
    (re.compile(r"<script\b", re.IGNORECASE), re.compile(r"</script\s*>", re.IGNORECASE)),
    (re.compile(r"<style\b", re.IGNORECASE), re.compile(r"</style\s*>", re.IGNORECASE)),
)
_ENTITY = re.compile(r"&(?:#\d{1,7}|#x[0-9a-f]{1,6}|[a-z][a-z0-9]{1,30});", re.IGNORECASE)
_HIDDEN = re.compile("[\u00ad\u200b-\u200f\u2060\ufeff]")  # soft hyphens, and signs without width
_MOST_ROUNDS = 3
TEXTS = ("title", "description", "brand", "categories", "attributes")


def strip_markup(text: str) -> str:
    """The words of a text, without tags and with letters for entities; blanks in a row are one."""
    if "<" not in text and "&" not in text:
        return text
    for _ in range(_MOST_ROUNDS):
        plain = _ENTITY.sub(
            lambda found: unescape(found.group()),
            _TAG.sub(" ", _INLINE.sub("", _UNSEEN.sub(" ", _without_spans(text)))),
        )
        if plain == text:
            break
        text = plain
    return text


def _without_spans(text: str) -> str:
    """Without comments, scripts and styles; what opens and never closes stays, and is looked for once."""
    for opening, closing in _SPANS:
        pieces, at = [], 0
        while begins := opening.search(text, at):
            ends = closing.search(text, begins.end())
            if ends is None:
                break
            pieces.append(text[at : begins.start()])
            at = ends.end()
        text = " ".join([*pieces, text[at:]])
    return text


def without_markup(column: pl.Series, field: str, remarks: Counter[str]) -> pl.Series:
    """A column of texts without markup; the rows that had some are remarked."""
    marked = column.str.contains(r"[<&]").fill_null(False)
    if not marked.any():
        return column
    plain = {text: _tidy(text) for text in column.filter(marked).unique().to_list()}
    cleaned = column.replace(plain)
    if rows := int((cleaned != column).fill_null(False).sum()):
        remarks[f"{field}: tags and entities of HTML were taken out"] += rows
    return cleaned.set(cleaned == "", None)


def _tidy(text: str) -> str:
    plain = strip_markup(text)
    return text if plain == text else " ".join(_HIDDEN.sub("", plain).split())
