"""The metrics of a shop of several carry its id; those of an installation's own shop are as ever."""

from services.core.metrics import count_request, exposition


def test_each_sample_of_a_shop_says_whose_it_is() -> None:
    count_request("/recommend", 200, 0.01)
    plain, labelled = exposition().decode(), exposition("tea-house").decode()
    assert 'shop="' not in plain
    samples = [line for line in labelled.splitlines() if line and not line.startswith("#")]
    assert samples
    assert [line for line in samples if 'shop="tea-house"' not in line] == []
    assert 'zhiyin_requests_total{endpoint="/recommend",shop="tea-house",status="200"}' in labelled
    kinds = [line for line in plain.splitlines() if line.startswith("# TYPE zhiyin_")]
    assert kinds == [line for line in labelled.splitlines() if line.startswith("# TYPE zhiyin_")]
