"""Texts of items without markup, and that the import says so."""

from pathlib import Path

import pytest

from recommender.importing.fields.markup import strip_markup
from recommender.importing.sources import run_folder
from recommender.settings import Settings
from tests.support.shops.files import table, write


@pytest.mark.parametrize(
    ("text", "plain"),
    [
        (
            '<div class="rte"><p><strong>Soft</strong> cushion&nbsp;in velvet.</p><ul><li>Washable</li></ul></div>',
            "Soft cushion in velvet. Washable",
        ),
        ('red<span style="color:red">dish</span> &amp; blue<br/>line', "reddish & blue line"),
        ("Salt &amp;amp; Vinegar &#8211; 150&nbsp;g", "Salt & Vinegar – 150 g"),
        ("&lt;p&gt;Soft&lt;/p&gt;", "Soft"),
        ("<style>p { color: red }</style><!-- hidden -->Seen<script>alert('x')</script>", "Seen"),
        ("a < b, <3, Size <M>, AT&T, fish&copy chips", "a < b, <3, Size <M>, AT&T, fish&copy chips"),
    ],
)
def test_tags_and_entities(text: str, plain: str) -> None:
    assert " ".join(strip_markup(text).split()) == plain


def test_an_import_takes_markup_out_and_says_so(home: Settings, migrated: None, tmp_path: Path) -> None:
    rows = "item_id,title,categories,description,care\n"
    rows += 'N,Salt &amp; Vinegar,Food &gt; Snacks,"<p>Crisps<br>with salt</p>",<b>Keep</b> dry\nM,Plain,,,\n'
    notes = run_folder(write(tmp_path, items__csv=rows)).notes
    found = table("items", "item_id", "title", "categories", "description", "attributes")[1]
    assert found == ("N", "Salt & Vinegar", ["Food", "Snacks"], "Crisps with salt", {"care": "Keep dry"})
    assert "items.csv: title: tags and entities of HTML were taken out (1 rows)" in notes
