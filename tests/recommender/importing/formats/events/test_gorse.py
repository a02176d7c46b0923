"""Gorse's exports."""

from pathlib import Path

from recommender.importing.sources import run_folder
from recommender.settings import Settings
from tests.support.shops.files import rejected, table, write


def test_gorse(home: Settings, migrated: None, tmp_path: Path) -> None:
    items = (
        "item_id,is_hidden,categories,time_stamp,labels,description\r\n"
        '1,false,x|y,2020-01-01 01:01:01.000000001 +0000 UTC,"{""genre"":[""comedy""]}","o,n,e"\r\n'
        "2,true,,2021-01-01 01:01:01 +0000 UTC,a|b,\r\n"
    )
    feedback = (
        "feedback_type,user_id,item_id,time_stamp\r\n"
        "star,ann,1,2024-01-16 10:22:33 +0000 UTC\r\nread,bob,2,2024-01-16 10:22:33.5 +0100 CET\r\n"
    )
    users = 'user_id,labels\r\nann,"[""student""]"\r\n'
    run_folder(write(tmp_path, gorse_items__csv=items, gorse_feedback__csv=feedback, gorse_users__csv=users))
    assert rejected() == []
    assert table("items", "item_id", "hidden", "description", "attributes") == [
        ("1", False, "o,n,e", {"genre": ["comedy"]}),
        ("2", True, "", {"labels": ["a", "b"]}),
    ]
    events = table("events", "event_type", "user_id", "time")
    assert [(*row[:2], row[2].isoformat()) for row in events] == [
        ("favorite", "ann", "2024-01-16T10:22:33+00:00"),
        ("view", "bob", "2024-01-16T09:22:33.500000+00:00"),
    ]
    assert table("users", "user_id", "attributes")[0] == ("ann", {"labels": ["student"]})
