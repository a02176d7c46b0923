"""A user of Airflow's public REST API (v2), on the event loop: a visit's questions all end within its deadline.

Nothing of Airflow is imported, and no connection outlives a visit, so that there is nothing to close.
"""

import asyncio
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any, Self

import httpx
import orjson

from recommender.db.engine import first_line
from recommender.settings import Settings

SECONDS = 4.0  # of one visit
API = "/api/v2"
MOST_BYTES = 8 << 20  # of one answer


class AirflowError(Exception):
    """Airflow gave no answer that can be used; the message says why, in words for a page."""


class AirflowAway(AirflowError):
    """Nothing answers there in time, or something that isn't Airflow 3."""


class AirflowRefused(AirflowError):
    """Airflow says no; `status` is that of its answer."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status


@dataclass(slots=True)
class AirflowApi:
    """Where Airflow is and who asks. A token that it gave is kept for later visits."""

    url: str
    user: str = "admin"
    password: str = field(default="", repr=False)
    given: str = field(default="", repr=False)  # a token of the settings, which is never renewed
    token: str = field(default="", repr=False)

    @classmethod
    def of(cls, settings: Settings) -> Self:
        """The one of the settings; where they name no address it is never asked."""
        password, token = settings.airflow_password, settings.airflow_token
        return cls(
            settings.airflow_url,
            settings.airflow_user,
            password.get_secret_value() if password else "",
            token.get_secret_value() if token else "",
        )

    @property
    def is_set(self) -> bool:
        """Whether there is an address to ask."""
        return bool(self.url)

    @asynccontextmanager
    async def visit(self, seconds: float = SECONDS) -> AsyncIterator["AirflowVisit"]:
        """Questions that all end within so many seconds; `AirflowAway` where they don't."""
        try:
            async with asyncio.timeout(seconds), self._open(seconds) as http:
                yield AirflowVisit(self, http)
        except TimeoutError:
            raise AirflowAway(f"no answer within {seconds:g} s") from None
        except httpx.InvalidURL as error:
            raise AirflowAway(f"{first_line(error)}: check ZHIYIN_AIRFLOW_URL") from None

    def _open(self, seconds: float) -> httpx.AsyncClient:
        return httpx.AsyncClient(base_url=self.url, timeout=seconds, verify=_trusted(), follow_redirects=False)


@lru_cache
def _trusted() -> ssl.SSLContext:
    """Made once: it reads all certificates that the machine trusts."""
    return httpx.create_ssl_context()


@dataclass(slots=True)
class AirflowVisit:
    """Questions to one Airflow, over connections that they share."""

    api: AirflowApi
    http: httpx.AsyncClient
    _login: asyncio.Lock = field(default_factory=asyncio.Lock)

    async def get(self, path: str, **query: Any) -> Any:
        """The JSON at a path below `/api/v2`.

        Raises:
            AirflowAway: nothing that is Airflow answers.
            AirflowRefused: it says no: who asks may not, or there is no such thing.
        """
        return await self._ask("GET", path, params=query)

    async def patch(self, path: str, body: dict[str, Any]) -> Any:
        """Sends the fields to change and gives the answer's JSON; raises as `get` does."""
        return await self._ask("PATCH", path, json=body)

    async def _ask(self, method: str, path: str, **options: Any) -> Any:
        token = await self._token(stale=None)
        answer = await self._send(method, API + path, token, **options)
        if _is_stale(answer) and not self.api.given:
            answer = await self._send(method, API + path, await self._token(stale=token), **options)
        return _read(answer)

    async def _token(self, stale: str | None) -> str:
        """The token at hand, unless it is the `stale` one; several questions that lack one wait for the same."""
        if self.api.given:
            return self.api.given
        async with self._login:
            if not self.api.token or self.api.token == stale:
                who = {"username": self.api.user, "password": self.api.password}
                given = _read(await self._send("POST", "/auth/token", "", json=who))
                if not isinstance(given, dict) or not isinstance(given.get("access_token"), str):
                    raise AirflowAway("it gives no token for a name and a password: set ZHIYIN_AIRFLOW_TOKEN")
                self.api.token = given["access_token"]
            return self.api.token

    async def _send(self, method: str, path: str, token: str, **options: Any) -> httpx.Response:
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        try:
            async with self.http.stream(method, path, headers=headers, **options) as answer:
                return await _whole(answer)
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            raise AirflowAway(f"{type(error).__name__}: {first_line(error)}".removesuffix(": ")) from None


async def _whole(answer: httpx.Response) -> httpx.Response:
    """The answer with its body, unpacked; `AirflowAway` where that is longer than any of Airflow's."""
    body = bytearray()
    async for piece in answer.aiter_bytes():
        body += piece
        if len(body) > MOST_BYTES:
            raise AirflowAway(f"it answers more than {MOST_BYTES:,} bytes: check ZHIYIN_AIRFLOW_URL")
    return httpx.Response(answer.status_code, content=bytes(body))


def _is_stale(answer: httpx.Response) -> bool:
    """Whether the token is good no more: 401 once its time is over, 403 where Airflow has another secret by now."""
    if answer.status_code == httpx.codes.FORBIDDEN:
        return "token" in _detail(answer).lower()
    return answer.status_code == httpx.codes.UNAUTHORIZED


def _read(answer: httpx.Response) -> Any:
    if answer.is_server_error:
        raise AirflowAway(f"it answers {answer.status_code}")
    if not answer.is_success:
        raise AirflowRefused(answer.status_code, f"it answers {answer.status_code}{_detail(answer)}")
    try:
        return orjson.loads(answer.content)
    except orjson.JSONDecodeError:
        raise AirflowAway("what answers there is not Airflow's API: check ZHIYIN_AIRFLOW_URL") from None


def _detail(answer: httpx.Response) -> str:
    """Why Airflow refused, where it says so in a text."""
    try:
        said = orjson.loads(answer.content)
    except orjson.JSONDecodeError:
        return ""
    detail = said.get("detail") if isinstance(said, dict) else None
    return f": {detail[:300]}" if isinstance(detail, str) else ""
