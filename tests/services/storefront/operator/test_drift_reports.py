"""Drift reports are served from their folder only."""

from pathlib import Path

import httpx

from services.http.security_headers import REPORT_POLICY
from services.storefront.operator.drift_reports import find
from tests.services.conftest import Served


def test_reports_are_served_from_their_folder_only(served: Served) -> None:
    run = served.home / "reports" / "run-1"
    run.mkdir(parents=True)
    (run / "report.html").write_text("<h1>drift</h1>")
    (served.home / "reports" / "link").symlink_to(served.home)
    answer = httpx.get(served.url + "/reports/run-1/report.html")
    assert (answer.status_code, answer.text) == (200, "<h1>drift</h1>")
    assert answer.headers["content-security-policy"] == REPORT_POLICY
    assert httpx.get(served.url + "/reports/run-1").status_code == 200
    for path in (
        "../zhiyin.db",
        "%2e%2e/zhiyin.db",
        "run-1/..%2f..%2fservice.log",
        "link/service.log",
        "%00",
        "none",
        "",
    ):
        assert httpx.get(f"{served.url}/reports/{path}").status_code == 404


def test_finding_a_report(tmp_path: Path) -> None:
    (tmp_path / "reports" / "run").mkdir(parents=True)
    (tmp_path / "secret.html").write_text("")
    (tmp_path / "reports" / "run" / "report.html").write_text("")
    (tmp_path / "reports" / "run" / "data.csv").write_text("")
    folder = tmp_path / "reports"
    assert find(folder, "run/report.html") is not None
    for path in (
        "../secret.html",
        "run/../../secret.html",
        "/etc/passwd",
        "run//report.html",
        "run/data.csv",
        "..",
        "",
    ):
        assert find(folder, path) is None
