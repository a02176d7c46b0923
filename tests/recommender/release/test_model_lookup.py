"""A model as people name it: known, or refused with where the names are."""

import pytest

from recommender.db.engine import session_scope
from recommender.release.model_lookup import ReleaseError, known_model
from recommender.settings import Settings


def test_a_model_is_found_by_its_version_and_an_unknown_one_is_named(shop: Settings) -> None:
    with session_scope() as session:
        assert known_model(session, "now").status == "promoted"
        for version in ("later", "", "NOW"):
            with pytest.raises(
                ReleaseError, match=f"model_version: '{version}' is unknown; `zhiyin models` lists them"
            ):
                known_model(session, version)
