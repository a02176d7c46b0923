"""Typed clients: made of this version's OpenAPI document, and driven against the running service."""

import shutil
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

from tests.services.conftest import Served, served
from tests.support.commands import zhiyin
from tests.support.servers.local import skip_or_fail

__all__ = ["served"]
pytestmark = pytest.mark.slow  # the generators come from the packages' index
DRIVEN = """
    import asyncio, sys
    from zhiyin_client import Client
    from zhiyin_client.api.shop import events, get_erasures, put_items, recommend
    from zhiyin_client.models import (
        ErrorResponse, NewEvent, NewEventEventType, EventsRequest, ItemsRequest, RecommendResponse,
        RecommendRequest,
    )

    client = Client(base_url=sys.argv[1])
    answer = recommend.sync(client=client, body=RecommendRequest(user_id="u1", n=3))
    assert isinstance(answer, RecommendResponse), answer
    assert len(answer.items) == 3 and answer.items[0].title and answer.items[0].price > 0
    question = RecommendRequest(user_id="u1", n=3)
    again = asyncio.run(recommend.asyncio(client=Client(base_url=sys.argv[1]), body=question))
    assert [item.item_id for item in again.items] == [item.item_id for item in answer.items]
    view = NewEvent(
        event_id="typed-1", user_id="typed", item_id=answer.items[0].item_id, event_type=NewEventEventType.VIEW
    )
    told = events.sync(client=client, body=EventsRequest(events=[view]))
    assert (told.added, told.profiles[0].user_id) == (1, "typed")
    row = {"item_id": "typed-1", "title": "Typed tea", "hidden": True}
    assert put_items.sync(client=client, body=ItemsRequest(items=[row])).added == 1
    refused = recommend.sync(client=client, body=RecommendRequest(n=0))
    assert isinstance(refused, ErrorResponse) and refused.error.field == "n", refused
    print("driven")
"""
USED = """
import type { paths, components } from "./zhiyin";
type Question = paths["/recommend"]["post"]["requestBody"]["content"]["application/json"];
export const asked: Question = { user_id: "u3", n: 5, offset: 0, diversity: 0, language: "en" } as Question;
export function titles(answer: components["schemas"]["RecommendResponse"]): string[] {
  return answer.items.map((item) => item.title);
}
"""


def test_a_python_client_asks_the_running_service(served: Served, tmp_path: Path) -> None:
    folder = tmp_path / "made"
    done = zhiyin("client", "python", folder)
    if done.exit_code == 1:
        skip_or_fail(f"openapi-python-client can't be had here: {done.output[-300:]}")
    assert done.exit_code == 0, done.output
    assert (folder / "zhiyin_client" / "py.typed").exists()
    program = tmp_path / "driven.py"
    program.write_text(textwrap.dedent(DRIVEN))
    driven = subprocess.run(
        [sys.executable, str(program), served.url], env={"PYTHONPATH": str(folder)}, capture_output=True, text=True
    )
    assert driven.stdout == "driven\n", driven.stderr
    refused = zhiyin("client", "python", folder)
    assert (refused.exit_code, "--replace" in refused.output) == (2, True)


def test_a_typescript_client_says_what_the_service_says(tmp_path: Path) -> None:
    if shutil.which("npx") is None:
        skip_or_fail("npx is missing; `apt-get install npm`")
    done = zhiyin("client", "typescript", tmp_path / "zhiyin.d.ts")
    if done.exit_code == 1:
        skip_or_fail(f"openapi-typescript can't be had here: {done.output[-300:]}")
    assert done.exit_code == 0, done.output
    made = (tmp_path / "zhiyin.d.ts").read_text()
    for part in ('"/recommend": {', "RecommendRequest: {", "recommendation_id: string;"):
        assert part in made
    (tmp_path / "used.ts").write_text(USED)
    checked = subprocess.run(
        ["npx", "--yes", "--package", "typescript@5.9.3", "tsc", "--strict", "--noEmit", "used.ts"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
    )
    assert checked.returncode == 0, checked.stdout


@pytest.mark.parametrize("command", ["python", "typescript"])
def test_what_is_there_is_not_written_over(command: str, tmp_path: Path) -> None:
    (tmp_path / "kept").write_text("mine")
    refused = zhiyin("client", command, tmp_path / "kept")
    assert (refused.exit_code, (tmp_path / "kept").read_text()) == (2, "mine")
