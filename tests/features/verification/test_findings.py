"""What was seen is counted by store, what was found is kept without the shopper's id."""

from features.verification.findings import Finding, Findings
from features.verification.traces import Found, Traces


def test_places_and_bytes_add_up_by_store() -> None:
    findings = Findings(Traces("user-12"))
    findings.see("logs", 2, 100)
    findings.see("logs", 1, 50)
    findings.see("spool", 0, 0)
    assert findings.scanned == {"logs": {"places": 3, "bytes": 150}, "spool": {"places": 0, "bytes": 0}}


def test_a_place_is_kept_where_something_is_and_its_name_hides_the_id() -> None:
    findings = Findings(Traces("user-12"))
    findings.keep("logs", "user-12.log", Found(ids=2, texts=1))
    findings.keep("logs", "other.log", Found())
    assert findings.found == [Finding("logs", "….log", 2, 1)]
