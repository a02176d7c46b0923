"""Who changes what the shop does says who they are and why."""

import pytest

from recommender.utils.accountability import check_author


class Refused(ValueError):
    """An error of the caller's own."""


@pytest.mark.parametrize(("by", "reason", "field"), [("", "why", "by"), (" \t", "", "by"), ("ann", " \n", "reason")])
def test_a_blank_field_is_named_with_what_to_say(by: str, reason: str, field: str) -> None:
    with pytest.raises(Refused, match=rf"^{field}: say "):
        check_author(by, reason, Refused)


def test_a_name_and_a_reason_in_any_script_will_do() -> None:
    check_author("安", "促销", Refused)
