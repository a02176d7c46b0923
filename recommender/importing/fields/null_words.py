"""What databases, programs and spreadsheets write where there is nothing: NULL, \\N, NaN, None, #N/A.

It knows columns of raw rows and no field.
"""

from collections.abc import Collection

import polars as pl

from recommender.importing.notices import Notice

_WORDS = r"""
NULL null Null \N NaN nan -NaN -nan NaT None N/A n/a NA nil undefined
<NA> <null> <NULL> (null) (NULL) [null] [NULL] #N/A #NA #NULL! #VALUE! #REF! #DIV/0! #NAME?
"""
NULL_WORDS = frozenset(_WORDS.split())
# where a number, a time or a yes or no is expected, these say nothing, too
_BARE = frozenset(("-", "--", "–", "—", "?", "none", "NONE", "na", "n.a.", "#"))
_ZERO_DAYS = r"^0000-00-00([ T]00:00(:00)?(\.0+)?Z?)?$"
NULLS = "{rows} cells that say {examples} were read as blank (--verbatim takes them as words)"


def blank_out(raw: pl.DataFrame, bare: Collection[str]) -> tuple[pl.DataFrame, list[Notice]]:
    """The rows with nulls for null words; `bare` names the columns of numbers, times and flags."""
    blanked, notices = [], list[Notice]()
    for column in raw.get_columns():
        if column.dtype.is_float():
            column = column.fill_nan(None)
        elif column.dtype == pl.String:
            stripped = column.str.strip_chars()
            empty = stripped.is_in(list(NULL_WORDS | _BARE if column.name in bare else NULL_WORDS)).fill_null(False)
            if column.name in bare:
                empty = empty | stripped.str.contains(_ZERO_DAYS).fill_null(False)
            if empty.any():
                examples = stripped.filter(empty).unique(maintain_order=True)
                notices.append(Notice(NULLS, int(empty.sum()), tuple(examples)))
                column = column.set(empty, None)
        blanked.append(column)
    return pl.DataFrame(blanked), notices
