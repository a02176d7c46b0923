"""How often somebody may ask, who counts as one, and which addresses may be bound without keys."""

import os
from unittest.mock import patch

import pytest
from pydantic import ValidationError

from recommender.settings import Settings
from services.http.rate_limit import Limiter, loopback, network_of
from tests.support.commands import zhiyin


def test_an_address_is_one_whose_subscriber_has_many() -> None:
    assert network_of("2001:db8:1:2::1") == network_of("2001:db8:1:2:ffff::9") != network_of("2001:db8:1:3::1")
    assert (network_of("10.0.0.1"), network_of("testclient")) == ("10.0.0.1", "testclient")


def test_a_proxy_s_header_is_believed_only_where_it_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    assert Settings().proxies == ""
    monkeypatch.setenv("ZHIYIN_PROXIES", "everybody")
    with pytest.raises(ValidationError, match="proxies"):
        Settings()


def test_without_keys_nothing_but_loopback_is_bound(home: Settings) -> None:
    with patch.dict(os.environ):  # the command sets it for the processes that it would start
        result = zhiyin("serve", "--host", "0.0.0.0")
    assert result.exit_code == 2
    assert "ZHIYIN_AUTH=required" in " ".join(result.output.split())
    assert [loopback(host) for host in ("127.0.0.1", "::1", "localhost", "127.8.8.8")] == [True] * 4
    assert [loopback(host) for host in ("0.0.0.0", "::", "10.0.0.1", "shop.example")] == [False] * 4


def test_a_bucket_fills_evenly_and_is_shared_among_workers() -> None:
    now = 0.0
    limiter = Limiter(workers=2, clock=lambda: now)
    assert [limiter.wait("a", 4) for _ in range(4)] == [0.0] * 4
    assert limiter.wait("a", 4) == pytest.approx(0.5)
    assert limiter.wait("b", 4) == 0
    now = 0.5
    assert limiter.wait("a", 4) == 0
    assert limiter.wait("a", 4) > 0


def test_what_costs_several_tokens_takes_them_all() -> None:
    now = 0.0
    limiter = Limiter(clock=lambda: now)
    assert limiter.wait("a", 2, cost=3) == 0
    assert limiter.wait("a", 2, cost=3) == pytest.approx(1.0)
    now = 1.5
    assert limiter.wait("a", 2, cost=10) == 0, "more than a bucket holds: a full one, and a debt"
    now = 2.0
    assert limiter.wait("a", 2) > 0
