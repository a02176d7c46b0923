"""What is logged: lines of JSON, bounded, without what shoppers wrote."""

import json
import subprocess
import sys

import pytest
from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError

from recommender.db.engine import session_scope
from recommender.settings import PROJECT_ROOT, Settings
from recommender.utils.logging import LONGEST_VALUE, describe_error, harmless

SECRET = "my sister's address is 5 Plum Lane"


def failing(review: str) -> None:
    try:
        float(review)
    except ValueError as error:
        raise RuntimeError(f"can't read {review!r}\n{review}") from error


def test_an_error_is_told_without_locals_and_without_what_was_disliked(database: Settings) -> None:
    with pytest.raises(RuntimeError) as caught:
        failing(SECRET)
    told = describe_error(caught.value)
    assert (told["type"], told["causes"][0]["type"]) == ("RuntimeError", "ValueError")
    assert any("failing" in place for place in told["places"])
    assert "Plum" not in json.dumps(told)
    with pytest.raises(SQLAlchemyError) as refused, session_scope() as session:
        session.execute(text("INSERT INTO nowhere VALUES (:review)"), {"review": SECRET})
    assert "Plum" not in str(refused.value)
    both = repr(f"it's \"{SECRET}")
    for quoted in (f"bad: '{SECRET}", f'bad: "{SECRET}"', f"bad: “{SECRET}”", f"bad: '{SECRET}'", f"bad: {both}"):
        assert harmless(ValueError(quoted)) == "bad: …"
    assert harmless(ValueError("can't do that, it's late")) == "can't do that, it's late"
    assert len(harmless(ValueError("x" * 100_000))) < 300


PROGRAM = f"""
import logging, threading, structlog
from recommender.utils.logging import configure_logs
configure_logs("INFO")
configure_logs("INFO")
def failing(review):
    raise ValueError("no number: " + repr(review))
def run():
    failing({SECRET!r} * 9)
def attempt(log):
    try:
        run()
    except ValueError:
        log.exception("it failed")
attempt(structlog.get_logger())
attempt(logging.getLogger("a library"))
structlog.get_logger().info("said", text="x" * 100000, many=list(range(100000)))
structlog.get_logger().debug("not said")
thread = threading.Thread(target=run)
thread.start()
thread.join()
"""


def test_a_process_logs_bounded_lines_of_json_on_stderr_and_no_local_variable() -> None:
    done = subprocess.run([sys.executable, "-c", PROGRAM], cwd=PROJECT_ROOT, capture_output=True, text=True, check=True)
    assert done.stdout == ""
    assert "Plum" not in done.stderr
    assert "not said" not in done.stderr
    lines = done.stderr.splitlines()
    assert max(map(len, lines)) < 4 * LONGEST_VALUE
    records = [json.loads(line) for line in lines if line.startswith("{")]
    assert [one["error"]["type"] for one in records if "error" in one] == ["ValueError", "ValueError"]
    assert sum("it failed" in line for line in lines) == 2
