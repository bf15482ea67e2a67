"""VK's own client, and the only file that knows it: it blocks, so it works in threads of its own.

vk_api makes the calls; what it would send goes through an adapter to the account's HttpClient on the event loop, which
has the timeouts, the proxy, the address and the limits that vk_api lacks. The loop never waits for a thread, nor a
thread under vk_api's lock for another: each has a client of its own.
"""

import asyncio
import threading
from collections.abc import Awaitable, Callable, Mapping
from concurrent.futures import CancelledError, ThreadPoolExecutor
from concurrent.futures import TimeoutError as TooLong
from time import monotonic
from typing import Any

import requests
from jconfig import MemoryConfig  # type: ignore[import-untyped]
from pydantic import SecretStr
from requests.adapters import BaseAdapter
from vk_api import ApiError, VkApi

from gateway.connectors.toolkit.http import Answer, HttpClient
from gateway.connectors.toolkit.rates import Bucket
from gateway.connectors.vk.answers import refusal, require_answer, unclear
from gateway.errors import GatewayError, Uncertain

VERSION = "5.199"
_THREADS = 8
ANSWER_LIMIT = 32 * 1024 * 1024
"""Bytes: two hundred messages, each with ten photos in all their sizes."""
_PATIENCE = 180.0
"""Seconds after which a thread no longer believes that the loop will answer; HttpClient's own limits are below."""
_FORM = {"Content-Type": "application/x-www-form-urlencoded"}


class Client:
    """Calls the API of one community.

    Args:
        token: the community's key.
        api_url: where the API is.
        http: the account's client; closed by whoever made it.
        per_second: calls of any kind; more wait for their turn.
        clock: seconds that only grow.
        pause: waits so many of them.
    """

    def __init__(
        self,
        token: SecretStr,
        api_url: str,
        http: HttpClient,
        per_second: float,
        *,
        clock: Callable[[], float] = monotonic,
        pause: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._token = token
        self._api_url = api_url
        self._http = http
        self._clock = clock
        self._pause = pause
        self._bucket = Bucket(per_second, max(int(per_second), 1))
        self._executor: ThreadPoolExecutor | None = None
        self._own = threading.local()
        self._asking: set[asyncio.Task[Any]] = set()

    def __repr__(self) -> str:
        return "Client(VK)"

    async def call(self, method: str, **values: object) -> Any:  # noqa: ANN401 - the result is any JSON
        """The result of one call; values that are None are left out, lists go as VK writes them (`1,2`).

        Raises:
            TryLater, Refused, Uncertain, Unauthorized: see answers.
        """
        await self._turn()
        loop = asyncio.get_running_loop()
        if self._executor is None:
            self._executor = ThreadPoolExecutor(_THREADS, thread_name_prefix="vk")
        form = {name: _written(value) for name, value in values.items() if value is not None}
        return await loop.run_in_executor(self._executor, self._called, loop, method, form)

    async def _turn(self) -> None:
        """Waits until one more call may go."""
        now = int(self._clock() * 1000)
        while (wait := self._bucket.ready_at(now) - now) > 0:
            await self._pause(wait / 1000)
            now = int(self._clock() * 1000)
        self._bucket.take(now)

    async def close(self) -> None:
        """Leaves no thread behind that waits, and no task."""
        executor, self._executor = self._executor, None
        asking = tuple(self._asking)
        for task in asking:
            task.cancel()
        await asyncio.gather(*asking, return_exceptions=True)
        if executor is not None:
            executor.shutdown(wait=False, cancel_futures=True)

    def _called(self, loop: asyncio.AbstractEventLoop, method: str, form: dict[str, str]) -> Any:  # noqa: ANN401
        """In a thread: one call through vk_api."""
        if not hasattr(self._own, "api"):
            self._own.api = self._connected(loop)
        try:
            return self._own.api.method(method, form)
        except ApiError as error:
            words = error.error.get("error_msg")
            raise refusal(method, error.code, words if isinstance(words, str) else "") from None
        except GatewayError:
            raise
        except (CancelledError, TooLong):
            raise unclear(method, "the gateway stopped before VK answered") from None

    def _connected(self, loop: asyncio.AbstractEventLoop) -> VkApi:
        session = requests.Session()
        session.trust_env = False
        session.adapters.clear()
        session.mount("https://", _Bridge(self, loop))
        api = VkApi(token=self._token.get_secret_value(), api_version=VERSION, session=session, config=MemoryConfig)
        # Its own remedies sleep under its lock, or ask a person; `answers` says what is to be done.
        api.error_handlers.clear()
        api.RPS_DELAY = 0.0
        return api

    async def ask(self, method: str, body: bytes) -> Answer:
        """On the loop: the request itself."""
        task = asyncio.current_task()
        assert task is not None
        self._asking.add(task)
        try:
            return await self._http.request(
                "POST", f"{self._api_url}/method/{method}", data=body, headers=_FORM, limit=ANSWER_LIMIT
            )
        except Uncertain as error:
            raise unclear(method, str(error)) from None
        finally:
            self._asking.discard(task)


class _Bridge(BaseAdapter):
    """Takes what vk_api's session would send out of its thread to the loop, whatever host it names."""

    def __init__(self, client: Client, loop: asyncio.AbstractEventLoop) -> None:
        super().__init__()
        self._client = client
        self._loop = loop

    def send(self, request: requests.PreparedRequest, *_: object, **__: object) -> requests.Response:
        method = (request.url or "").rpartition("/method/")[2]
        body = request.body or b""
        assert isinstance(body, str | bytes), "vk_api sends forms and nothing else"
        asked = asyncio.run_coroutine_threadsafe(
            self._client.ask(method, body.encode() if isinstance(body, str) else body), self._loop
        )
        answer = asked.result(timeout=_PATIENCE)
        require_answer(method, answer.status, answer.body, answer.wait)
        response = requests.Response()
        response.status_code = answer.status
        response.encoding = "utf-8"
        response.url = f"https://vk/{method}"
        response.request = request
        response._content = answer.body  # noqa: SLF001 - how requests' own adapters are answered without a socket
        return response

    def close(self) -> None:
        """There is nothing of its own to close."""


def _written(value: object) -> str:
    if isinstance(value, bool):
        return "1" if value else "0"
    if isinstance(value, list | tuple | set | frozenset):
        return ",".join(str(one) for one in value)
    if isinstance(value, Mapping):
        raise TypeError("JSON inside a call is written by whoever makes it")
    return str(value)
