"""The product as `make run` starts it: `python -m sandbox` as a process, played through its control API.

Nothing of the sandbox or the gateway is imported: what stands here is what a person at the terminal and a page see.
"""

import asyncio
import os
import re
import signal
import sys
import time
from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path
from typing import Any, Self

import aiohttp

ROOT = Path(__file__).parents[2]
PATIENCE = 30.0
SHOP, DESK = "shop_bot", "desk_bot"


class Product:
    """One data folder and the runs on it. People and bots go by name: "Мария", "shop_bot"."""

    def __init__(self, folder: Path, *options: str, environment: Mapping[str, str] | None = None) -> None:
        self.data = folder / "data"
        self.url = ""
        self._log = folder / "output.txt"
        self._options = options
        self._more = dict(environment or {})
        self._process: asyncio.subprocess.Process | None = None

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        if self._process is not None:
            await self.stop()

    @property
    def output(self) -> str:
        """What the newest run has printed so far."""
        return self._log.read_text() if self._log.exists() else ""

    async def launch(self, *, port: int = 0) -> asyncio.subprocess.Process:
        """The process as it is, whatever becomes of it."""
        command = [sys.executable, "-m", "sandbox", "--port", str(port), "--data", str(self.data), *self._options]
        inherited = {name: value for name, value in os.environ.items() if not name.startswith("GATEWAY_")}
        with self._log.open("wb") as out:
            self._process = await asyncio.create_subprocess_exec(
                *command,
                env={**inherited, **self._more},
                cwd=ROOT,
                stdin=asyncio.subprocess.DEVNULL,
                stdout=out,
                stderr=out,
                start_new_session=True,
            )
        return self._process

    async def start(self) -> None:
        """Waits until the address is printed, the gateway runs, and both operators have been let in."""
        process = await self.launch()

        async def is_printed() -> bool:
            assert process.returncode is None, f"it ended:\n{self.output}"
            return re.search(r"http://\S+\s", self.output) is not None

        await until(is_printed, self._told("an address is printed"))
        self.url = re.search(r"http://[^\s/]+", self.output).group()
        await until(self.is_running, self._told("the gateway runs"), seconds=60)
        for operator in ("Анна", "Борис"):
            await self.sees(operator, lambda one: "Вы на смене" in words(one), seconds=60)

    async def stop(self, number: int = signal.SIGINT) -> int:
        """Ctrl-C; returns the exit code."""
        process, self._process = self._process, None
        assert process is not None
        if process.returncode is None:
            process.send_signal(number)
        try:
            async with asyncio.timeout(20):
                return await process.wait()
        except TimeoutError:
            process.kill()
            await process.wait()
            raise AssertionError(f"it does not end:\n{self.output[-4000:]}") from None

    # ── what there is ─────────────────────────────────────────────────────────────────────────────────

    async def ask(self, path: str, body: object = None) -> Any:
        """GET, or POST of a JSON body, below /sandbox/api."""
        verb = "GET" if body is None else "POST"
        async with (
            aiohttp.ClientSession() as session,
            session.request(verb, f"{self.url}/sandbox/api/{path}", json=body) as answer,
        ):
            given = await answer.json()
            assert answer.ok, given
            return given

    async def state(self) -> Any:
        return await self.ask("state")

    async def gateway(self) -> str:
        """Starting, running or stopped, as the page shows it."""
        return str((await self.state())["gateway"]["state"])

    async def is_running(self) -> bool:
        return await self.gateway() == "running"

    async def ids(self, person: str, bot: str | None = None) -> dict[str, int]:
        """`bot_id` and `user_id` of a person's chat: an operator's with the desk's bot, else with the shop's."""
        state = await self.state()
        [user] = [one for one in state["users"] if one["name"].startswith(person)]
        wanted = bot or (DESK if user["role"] == "operator" else SHOP)
        [bot_id] = [one["id"] for one in state["bots"] if one["username"] == wanted]
        return {"bot_id": bot_id, "user_id": user["id"]}

    async def chat(self, person: str) -> list[Any]:
        """What stands in a person's chat, oldest first."""
        place = await self.ids(person)
        return list((await self.ask(f"chats/{place['bot_id']}/{place['user_id']}?limit=200"))["messages"])

    async def act(self, person: str, do: str, **more: object) -> Any:
        return await self.ask("act", {**await self.ids(person), "do": do, **more})

    async def presses(self, person: str, message: Any, label: str) -> Any:
        """Presses the button with this label; returns the toast or None."""
        [(row, column)] = [
            (row, column)
            for row, line in enumerate(message["keyboard"])
            for column, one in enumerate(line)
            if one["text"] == label
        ]
        pressed = await self.act(person, "press", message_id=message["message_id"], row=row, column=column)
        return pressed["answer"] and pressed["answer"]["text"]

    async def sees(self, person: str, what: Callable[[Any], bool], *, seconds: float = PATIENCE) -> Any:
        """Waits until the person sees such a message of the bot, and returns the newest one."""
        found: list[Any] = []

        async def is_there() -> bool:
            found[:] = [one for one in await self.chat(person) if one["out"] and what(one)]
            return bool(found)

        await until(is_there, self._told(f"{person} sees it"), seconds=seconds)
        return found[-1]

    def processes(self) -> dict[int, str]:
        """Process id → command line of all that works on this data folder, whoever started it."""
        found = {}
        for entry in Path("/proc").glob("[0-9]*"):
            try:
                told = (entry / "cmdline").read_bytes() + (entry / "environ").read_bytes()
                line = (entry / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
            except OSError:  # ended meanwhile, or another user's
                continue
            if str(self.data).encode() in told:
                found[int(entry.name)] = line
        return found

    def _told(self, what: str) -> Callable[[], str]:
        return lambda: f"{what}; the output is:\n{self.output[-4000:]}"


def words(message: Mapping[str, Any]) -> str:
    """A message's text or caption."""
    return str(message.get("text") or message.get("caption") or "")


def labels(message: Mapping[str, Any]) -> list[str]:
    """The labels of the buttons under a message."""
    return [str(one["text"]) for line in message.get("keyboard") or [] for one in line]


async def until(
    condition: Callable[[], Awaitable[bool]], what: str | Callable[[], str], *, seconds: float = PATIENCE
) -> None:
    """Waits for a condition, with a deadline; on failure says what did not come true."""
    deadline = time.monotonic() + seconds
    while not await condition():
        if time.monotonic() > deadline:
            raise AssertionError(f"not within {seconds:.0f} s: {what if isinstance(what, str) else what()}")
        await asyncio.sleep(0.05)
