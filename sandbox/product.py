"""The product beside the sandbox: starts the gateway as a child process, introduces the cast to it, keeps it alive.

Knows the gateway only by its command line, its environment and /readyz; imports nothing of it.
"""

import asyncio
import contextlib
import os
import re
import secrets
import signal
import socket
import sys
import time
from collections import deque
from collections.abc import Callable
from pathlib import Path

import aiohttp
import msgspec

from sandbox.server import Sandbox
from sandbox.shop.pages import ACCOUNT
from sandbox.shop.shop import AVATAR

_SHOP, _DESK = "shop_bot", "desk_bot"
_STOP_WITHIN_S = 15
_INVITE_WITHIN_S = 60
_READY_EVERY_S = 0.2
_MAX_RESTARTS = 5
_RESTARTS_WINDOW_S = 60
_INVITE_LINK = re.compile(r"https://t\.me/\S+?\?start=([A-Za-z0-9_-]+)")
_END_WITH_US = (sys.executable, "-I", str(Path(__file__).with_name("end_with_parent.py")))
"""Before a command: it hears SIGTERM when we are killed, and does not go on alone."""
_PASSED = ("GATEWAY_REDIS_URL", "GATEWAY_LOG_FORMAT")


_LIFTED = dict.fromkeys(
    (
        "MESSAGES_PER_MINUTE",
        "ADDRESS_PER_MINUTE",
        "ACCOUNT_PER_SECOND",
        "SOCKETS_PER_VISITOR",
        "SOCKETS_PER_ADDRESS",
        "SESSIONS_PER_ADDRESS_MINUTE",
    ),
    "1000000",
)
_GREETING = "Здравствуйте! Поможем выбрать букет: напишите, для кого он и к какому дню."


class ProductError(Exception):
    """The gateway cannot be run; the text says why, for a person."""


class Introductions(msgspec.Struct):
    """Who of the cast was made known to the gateway, so that it happens once in a world's life."""

    admin: bool = False
    invited: list[int] = []


class Kept(msgspec.Struct):
    """What visitors' browsers hold on to: the chat's address and the key of their tokens stay over restarts."""

    port: int = 0
    secret: str = ""


class Product:
    """One gateway and its restarts. `say` tells the person at the terminal a sentence."""

    def __init__(
        self,
        sandbox: Sandbox,
        folder: Path,
        say: Callable[[str], None],
        command: tuple[str, ...] = (sys.executable, "-m", "gateway"),
    ) -> None:
        self._sandbox = sandbox
        self._folder = folder
        self._say = say
        self._command = command
        kept = _kept(sandbox)
        self._port, self._secret = kept.port, kept.secret
        self._operators = _operators(sandbox)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._port}"

    def environment(self) -> dict[str, str]:
        """Our own environment and in it the gateway's settings for this sandbox: never anybody's real bots."""
        shop, desk = self._sandbox.bot(_SHOP), self._sandbox.bot(_DESK)
        account = "GATEWAY_LINES__SALES__ACCOUNTS__SHOP__"
        return {
            **{name: value for name, value in os.environ.items() if _is_passed(name)},
            "GATEWAY_CONFIG": str(self._folder / "sandbox" / "no-file-of-settings.toml"),
            "GATEWAY_DATA_DIR": str(self._folder),
            "GATEWAY_HTTP__PORT": str(self._port),
            "GATEWAY_OPERATOR_BOT__TOKEN": desk.token,
            "GATEWAY_OPERATOR_BOT__API_URL": self._sandbox.url,
            "GATEWAY_OPERATOR_BOT__ADMINS": f"[{self._operators[0]}]",
            "GATEWAY_LINES__SALES__TITLE": "Продажи",
            f"{account}CHANNEL": "telegram",
            f"{account}TOKEN": shop.token,
            f"{account}API_URL": self._sandbox.url,
            **self._site(),
            **self._on_other_messengers(),
        }

    def _on_other_messengers(self) -> dict[str, str]:
        settings: dict[str, str] = {}
        for stand_in in self._sandbox.stand_ins:
            settings |= stand_in.gateway_settings(self._sandbox.url, self.url)
        return settings

    def _site(self) -> dict[str, str]:
        """The chat on the shop's site."""
        sandbox = self._sandbox
        settings = {
            "CHANNEL": "widget",
            "SECRET": self._secret,
            "IDENTITY_SECRET": sandbox.shop.identity_secret,
            "ORIGINS": ", ".join(_origins(sandbox.url)),
            "TITLE": "Ромашка",
            "GREETING": _GREETING,
            "COLOR": "#2f6b4f",
            "AVATAR": str(AVATAR),
            **({} if sandbox.settings.limits else _LIFTED),
        }
        return {f"GATEWAY_LINES__SALES__ACCOUNTS__{ACCOUNT.upper()}__{name}": value for name, value in settings.items()}

    async def run(self, stop: asyncio.Event) -> int:
        """Runs the gateway until `stop`, restarting it where it dies; the exit code for the terminal."""
        stopping = asyncio.create_task(stop.wait())
        deaths: deque[float] = deque(maxlen=_MAX_RESTARTS)
        try:
            while True:
                code = await self._run_once(stopping)
                if code is None:
                    return 0
                if len(deaths) == _MAX_RESTARTS and time.monotonic() - deaths[0] < _RESTARTS_WINDOW_S:
                    self._say(
                        f"The gateway died again (exit code {code}), {_MAX_RESTARTS} restarts did not help: giving up."
                    )
                    return 1
                deaths.append(time.monotonic())
                pause_s = _pause_s(deaths)
                self._say(f"The gateway died (exit code {code}); starting it again in {pause_s:g} s.")
                await asyncio.wait({stopping}, timeout=pause_s)
                if stopping.done():
                    return 0
        finally:
            stopping.cancel()

    async def _run_once(self, stopping: asyncio.Task[bool]) -> int | None:
        """One life of the child: its exit code when it died by itself, None when we stopped it."""
        self._sandbox.show_gateway("starting", self.url)
        child = await asyncio.create_subprocess_exec(
            *_END_WITH_US, str(os.getpid()), *self._command, "run",
            env=self.environment(), start_new_session=True, stdin=asyncio.subprocess.DEVNULL,
        )  # fmt: skip
        dead = asyncio.create_task(child.wait())
        welcome = asyncio.create_task(self._welcome())
        try:
            await asyncio.wait({dead, stopping}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            welcome.cancel()
            await asyncio.gather(welcome, return_exceptions=True)
            was_stopped = not dead.done()
            await _end(child, dead)
            note = None if was_stopped else f"exit code {child.returncode}"
            self._sandbox.show_gateway("stopped", self.url, note)
        return None if was_stopped else dead.result()

    async def _welcome(self) -> None:
        """Waits for readiness, then introduces whoever the gateway has not met."""
        await self._wait_until_ready()
        self._sandbox.show_gateway("running", self.url)
        for stand_in in self._sandbox.stand_ins:
            await stand_in.on_gateway_ready(self.url)
        try:
            await self._introduce()
        except ProductError as error:
            self._say(str(error))

    async def _wait_until_ready(self) -> None:
        async with aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=5)) as session:
            while True:
                try:
                    async with session.get(f"{self.url}/readyz") as answer:
                        if answer.ok:
                            return
                except (aiohttp.ClientError, TimeoutError):
                    pass  # not listening yet
                await asyncio.sleep(_READY_EVERY_S)

    async def _introduce(self) -> None:
        """The first operator, admin by settings, presses Start; the others follow an invite link each."""
        store, people = self._sandbox.store, self._sandbox.people
        kept = store.load("introductions")
        done = msgspec.json.decode(kept[0], type=Introductions) if kept else Introductions()
        desk = self._sandbox.bot(_DESK).id
        admin, *others = self._operators
        if not done.admin:
            people.start(admin, desk)
            done.admin = True
            store.put("introductions", "operators", done)
        for operator in others:
            if operator not in done.invited:
                people.start(operator, desk, await self._invite())
                done.invited.append(operator)
                store.put("introductions", "operators", done)

    async def _invite(self) -> str:
        """The payload of a fresh invite link, from the gateway's own command."""
        child = await asyncio.create_subprocess_exec(
            *self._command,
            "invite",
            "--role",
            "operator",
            env=self.environment(),
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
        )
        try:
            async with asyncio.timeout(_INVITE_WITHIN_S):
                output, _ = await child.communicate()
        except (TimeoutError, asyncio.CancelledError):
            child.kill()
            await child.wait()
            raise
        link = _INVITE_LINK.search(output.decode("utf-8", "replace"))
        if child.returncode or link is None:
            raise ProductError(
                f"`gateway invite` gave no link (exit code {child.returncode}), so the others are not known yet: "
                "invite them by hand, or start again."
            )
        return link.group(1)


def _operators(sandbox: Sandbox) -> list[int]:
    """Operators of the cast in its order; raises ProductError where the cast is not one for the gateway."""
    names = {bot.username for bot in sandbox.world.bots.values()}
    operators = [user.id for user in sandbox.world.users.values() if user.role == "operator"]
    if not {_SHOP, _DESK} <= names or not operators:
        raise ProductError(
            f"To run the gateway the cast needs the bots {_SHOP} and {_DESK} and an operator; use --only without them."
        )
    return operators


def _pause_s(deaths: deque[float]) -> float:
    """0.2, 0.4, 0.8, 1.6, 3.2 seconds by how many of the deaths are recent."""
    recent = sum(time.monotonic() - at < _RESTARTS_WINDOW_S for at in deaths)
    return 0.1 * (1 << recent)


def _kept(sandbox: Sandbox) -> Kept:
    """As in the run before, but with another port where that one is taken by now."""
    before = sandbox.store.load("product")
    kept = msgspec.json.decode(before[0], type=Kept) if before else Kept()
    kept = Kept(free_port(kept.port), kept.secret or secrets.token_urlsafe(32))
    sandbox.store.put("product", ACCOUNT, kept)
    return kept


def free_port(wanted: int = 0) -> int:
    """The wanted port of loopback if it is free, else any that is."""
    for port in (wanted, 0):
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)  # what the last run left behind is no obstacle
            with contextlib.suppress(OSError):
                probe.bind(("127.0.0.1", port))
                return int(probe.getsockname()[1])
    raise ProductError("No port of this machine is free for the gateway.")


def _origins(url: str) -> list[str]:
    """How a browser may call the shop's site: by the address that was printed, or by the machine's own names."""
    port = url.rpartition(":")[2]
    return list(dict.fromkeys([url, f"http://127.0.0.1:{port}", f"http://localhost:{port}"]))


async def _end(child: asyncio.subprocess.Process, dead: asyncio.Task[int]) -> None:
    """Asks the child to stop, waits, and leaves nothing of its process group behind."""
    if not dead.done():
        child.send_signal(signal.SIGTERM)
        await asyncio.wait({dead}, timeout=_STOP_WITHIN_S)
    with contextlib.suppress(ProcessLookupError):  # nobody of the group is left, as it should be
        os.killpg(child.pid, signal.SIGKILL)
    await dead


def _is_passed(name: str) -> bool:
    """Whether a variable of ours goes on to the child: of the gateway's own only those that name no bot."""
    return not name.startswith("GATEWAY_") or name in _PASSED
