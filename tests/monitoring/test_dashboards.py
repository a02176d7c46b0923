"""The dashboard and the alert rules ask for meters and labels that the service has, and fire when they should."""

import json
import re
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import fields
from typing import Any

import pytest
import yaml

from recommender.settings import PROJECT_ROOT
from services.core.metrics import Meters, meters

RULES = PROJECT_ROOT / "monitoring" / "prometheus" / "alerts.yml"
DASHBOARD = PROJECT_ROOT / "monitoring" / "grafana" / "service.json"
RUNBOOK = PROJECT_ROOT / "docs" / "runbook.md"
SUFFIXES = {"counter": ("_total",), "gauge": ("",), "histogram": ("_bucket", "_sum", "_count")}


def rules() -> list[dict[str, Any]]:
    return [rule for group in yaml.safe_load(RULES.read_text())["groups"] for rule in group["rules"]]


def expressions() -> Iterator[str]:
    yield from (rule["expr"] for rule in rules())
    for panel in json.loads(DASHBOARD.read_text())["panels"]:
        yield from (target["expr"] for target in panel["targets"])


def names_and_labels() -> dict[str, set[str]]:
    """Every series that the service shows, and what it is told apart by."""
    found: dict[str, set[str]] = {}
    for field in fields(Meters):
        meter = getattr(meters(), field.name)
        for suffix in SUFFIXES[meter._type]:
            found[meter._name + suffix] = {*meter._labelnames, *(["le"] if suffix == "_bucket" else [])}
    return found


def test_every_series_that_is_asked_for_is_one_of_the_service_s() -> None:
    known = names_and_labels()
    recorded = {rule["record"] for rule in rules() if "record" in rule}
    asked = {name for one in expressions() for name in re.findall(r"\bzhiyin[\w:]+", one)}
    assert asked - known.keys() - recorded == set()
    assert "zhiyin_requests_total" in asked


def test_every_label_that_is_asked_for_is_one_of_its_series_s() -> None:
    known = names_and_labels()
    for one in expressions():
        for name, labels in re.findall(r"(zhiyin\w+)\{([^}]*)\}", one):
            assert set(re.findall(r"(\w+)\s*[=!]~?", labels)) <= known[name], one
        by = {label.strip() for group in re.findall(r"by \(([^)]*)\)", one) for label in group.split(",")}
        of_these = set().union(*(known.get(name, set()) for name in re.findall(r"\bzhiyin\w+", one)))
        assert by <= of_these, one


def test_each_alert_has_its_place_in_the_runbook() -> None:
    headings = set(re.findall(r"^### (\w+)$", RUNBOOK.read_text(), re.MULTILINE))
    alerts = {rule["alert"]: rule for rule in rules() if "alert" in rule}
    assert headings == set(alerts)
    for name, rule in alerts.items():
        assert rule["annotations"]["runbook"] == f"docs/runbook.md#{name.lower()}"
        assert rule["labels"]["severity"] in ("page", "ticket")


def test_each_alert_fires_at_what_it_says_and_at_nothing_less() -> None:
    promtool = shutil.which("promtool")
    if promtool is None:
        pytest.skip("promtool is not installed (Debian's package prometheus has it)")
    for command in (["check", "rules", str(RULES)], ["test", "rules", str(RULES.with_name("alerts_test.yml"))]):
        done = subprocess.run([promtool, *command], capture_output=True, text=True)
        assert done.returncode == 0, done.stdout + done.stderr
