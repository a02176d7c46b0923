"""Columns whose names end in a currency or a language."""

import pytest

from recommender.importing.coded_columns import find_coded
from recommender.importing.column_names import NAMES, Kind


@pytest.mark.parametrize(
    ("column", "found"),
    [
        ("price_usd", ("price", "USD")), ("Price (EUR)", ("price", "EUR")), ("regular_price-gbp", ("price", "GBP")),
        ("title_zh", ("title", "zh")), ("Title (zh-CN)", ("title", "zh-cn")), ("name.pt_BR", ("title", "pt-br")),
        ("Description: fr", ("description", "fr")), ("category_de", ("categories", "de")),
        ("price_all", None), ("price_old", None), ("title_id", None), ("category_no", None), ("title", None),
        ("brand_zh", None), ("price_usd_eu", None),
    ],
)  # fmt: skip
def test_a_code_at_the_end_says_in_what_a_column_is(column: str, found: tuple[str, str] | None) -> None:
    assert find_coded([column], NAMES[Kind.ITEMS]) == ({} if found is None else {column: found})
