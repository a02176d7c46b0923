"""A reading begins empty for each sentence."""

from recommender.explain.claims import Claim, Reading


def test_readings_share_nothing() -> None:
    one, other = Reading(), Reading()
    one.claims.append(Claim("popular"))
    one.mentions.add("I")
    assert (other.claims, other.mentions, other.unknown) == ([], set(), "")


def test_claims_are_equal_where_they_claim_the_same_of_the_same() -> None:
    assert Claim("deed", "purchase", "I") == Claim("deed", "purchase", "I")
    assert len({Claim("deed", "purchase", about) for about in ("I", "O", "I")}) == 2
