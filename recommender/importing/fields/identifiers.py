"""Ids as they stand in files: whole numbers written as such, and what a spreadsheet has spoiled told apart.

A column of numbers with a gap becomes one of floats in pandas, which writes customer 17850 as 17850.0. It knows a
column and no table.
"""

import polars as pl

from recommender.importing.fields.values import Parsed, Parser, Problem, text
from recommender.importing.notices import EXAMPLES, Notice

EXACT = 2**53  # the whole numbers below it are exact in a float
FLOAT_FORM = r"^(\d+)\.0$"
ROUNDED = r"^\d(\.\d+)?[eE]\+?\d\d+$"  # 6.92E+12
FLOAT_IDS = "{rows} values of %s were read as whole numbers: {examples} (--verbatim keeps them as they stand)"


def identifier(limit: int, verbatim: bool = False) -> Parser:
    """An id of at most `limit` characters; 17850.0 is 17850 unless ids are `verbatim`."""
    in_text = text(limit)

    def parse(column: pl.Series) -> Parsed:
        too_large = column.abs() >= EXACT if column.dtype.is_float() else pl.Series([False] * len(column))
        values, problems = in_text(_whole(column))
        if not verbatim:
            rounded = values.str.contains(ROUNDED) & (column.dtype == pl.String)
            problems.append(Problem(rounded, "rounded by a spreadsheet, so its digits are lost: export it as text"))
            values = values.str.replace(FLOAT_FORM, "$1")
        return values, [*problems, Problem(too_large, "too large for a column of floats: store it as text")]

    return parse


def tell_float_ids(name: str, column: pl.Series) -> list[Notice]:
    """What `identifier` changed in the column of this name."""
    if column.dtype.is_float():
        changed = column.drop_nulls()
    elif column.dtype == pl.String:
        changed = column.filter(column.str.strip_chars().str.contains(FLOAT_FORM).fill_null(False))
    else:
        return []
    examples = changed.unique(maintain_order=True).head(EXAMPLES + 1).cast(pl.String)
    return [Notice(FLOAT_IDS % name, len(changed), tuple(examples))] if len(changed) else []


def _whole(column: pl.Series) -> pl.Series:
    """Numbers without a fraction as whole numbers, in words."""
    if column.dtype.is_decimal():
        return column.cast(pl.String).str.replace(r"\.0*$", "")
    if not column.dtype.is_float():
        return column
    is_whole = (column == column.round(0)) & (column.abs() < EXACT)
    return (
        column.cast(pl.Int64, strict=False).cast(pl.String).zip_with(is_whole.fill_null(False), column.cast(pl.String))
    )
