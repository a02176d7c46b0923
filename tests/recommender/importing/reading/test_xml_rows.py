"""Feeds in XML as rows."""

from io import BytesIO
from pathlib import Path

import pytest

from recommender.importing.reading.rows import UnreadableFile
from recommender.importing.reading.xml_rows import xml_records


def read(content: str) -> list[tuple[int, object]]:
    return [(one.line, one.value) for one in xml_records(Path("feed.xml"), BytesIO(content.encode()))]


def test_entries_are_rows_and_namespaces_do_not_count() -> None:
    feed = (
        '<rss xmlns:g="http://base.google.com/ns/1.0"><channel><title>Shop</title>'
        "<item><g:id> 1 </g:id><title>茶 &amp; Tasse</title></item><item><g:id>2</g:id></item></channel></rss>"
    )
    assert read(feed) == [(1, {"id": "1", "title": "茶 & Tasse"}), (2, {"id": "2"})]


def test_what_stands_several_times_is_a_list_and_what_has_parts_an_object() -> None:
    entry = "<entry><img>a</img><img>b</img><ship><to>CN</to><cost>1</cost></ship><link href='/x'/><none/></entry>"
    assert read(f"<feed>{entry}</feed>") == [
        (1, {"img": ["a", "b"], "ship": {"to": "CN", "cost": "1"}, "link": "/x", "none": None})
    ]


def test_a_feed_without_entries_has_no_rows() -> None:
    assert read("<feed><title>x</title></feed>") == []


@pytest.mark.parametrize(
    "content",
    ["", "no xml", "<feed><entry><id>1</id>",
     '<!DOCTYPE f [<!ENTITY a "b"><!ENTITY c "&a;&a;">]><feed><entry><id>&c;</id></entry></feed>',
     '<!DOCTYPE f [<!ENTITY x SYSTEM "file:///etc/passwd">]><feed><entry><id>&x;</id></entry></feed>'],
)  # fmt: skip
def test_what_is_no_xml_to_its_end_or_defines_entities_is_refused(content: str) -> None:
    with pytest.raises(UnreadableFile, match=r"feed.xml is not XML to its end .*: export it again"):
        read(content)
