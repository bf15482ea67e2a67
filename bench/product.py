"""`gateway run` as a child process: its settings for a bench, the cores it may use, what it costs.

Nothing of the gateway is imported: what is measured here is what a user would start.
"""

import asyncio
import contextlib
import os
import signal
import socket
import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import aiohttp

from bench.messenger import DESK_TOKEN, SHOP_TOKEN
from bench.run import until

ROOT = Path(__file__).parents[1]
OPERATORS = tuple(range(501, 507))
_TICKS = os.sysconf("SC_CLK_TCK")
_PAGE = os.sysconf("SC_PAGE_SIZE")
_PACE = "100000"
"""The highest that the settings take."""


class Gateway:
    """One process of the gateway with its embedded server or on a given one."""

    def __init__(
        self,
        folder: Path,
        api_url: str,
        *,
        roles: Sequence[str] = (),
        redis_url: str = "",
        lines: int = 1,
        core: int | None = None,
        settings: Mapping[str, str] | None = None,
    ) -> None:
        """`core` pins it and all that it starts. `settings` stand over the usual ones of a bench; `lines` 0: no account
        but theirs.
        """
        self.port = free_port()
        self.data = folder / "data"
        self.log = folder / "gateway.log"
        self._roles, self._core = roles, core
        kept = {name: value for name, value in os.environ.items() if not name.startswith("GATEWAY_")}
        self._environment = {
            **kept,
            "PYTHONPATH": str(ROOT),
            "GATEWAY_DATA_DIR": str(self.data),
            "GATEWAY_HTTP__PORT": str(self.port),
            "GATEWAY_LOG_FORMAT": "json",
            "GATEWAY_PUBLIC_URL": f"http://127.0.0.1:{self.port}",
            "GATEWAY_OPERATOR_BOT__TOKEN": DESK_TOKEN,
            "GATEWAY_OPERATOR_BOT__API_URL": api_url,
            "GATEWAY_OPERATOR_BOT__ADMINS": str(list(OPERATORS)),
            **_lifted("GATEWAY_OPERATOR_BOT"),
            **(_account("LINE1", "SHOP", SHOP_TOKEN, api_url) if lines else {}),
            **{
                name: value
                for number in range(2, lines + 1)
                for name, value in _account(
                    f"LINE{number}", f"SHOP{number}", f"71{number:08d}:AAbench-token-that-nobody-gave-{number}", api_url
                ).items()
            },
            **({"GATEWAY_REDIS_URL": redis_url} if redis_url else {}),
            **(settings or {}),
        }
        self._process: asyncio.subprocess.Process | None = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def pid(self) -> int:
        assert self._process is not None
        return self._process.pid

    async def start(self, *, wait: bool = True) -> None:
        self.log.parent.mkdir(parents=True, exist_ok=True)
        pinned = () if self._core is None else ("taskset", "-c", str(self._core))
        with self.log.open("ab") as out:
            self._process = await asyncio.create_subprocess_exec(
                *pinned, sys.executable, "-m", "gateway", "run", *self._roles,
                env=self._environment, cwd=ROOT, stdout=out, stderr=out, start_new_session=True,
            )  # fmt: skip
        if wait:
            await self.ready()

    async def ready(self) -> None:
        """Waits until /readyz says 200."""

        async def ok() -> bool:
            assert self._process is not None
            if self._process.returncode is not None:
                raise RuntimeError(f"the gateway ended:\n{self.log.read_text()[-3000:]}")
            try:
                async with aiohttp.ClientSession() as session, session.get(f"{self.url}/readyz") as answer:
                    return answer.status == 200  # noqa: PLR2004 - HTTP's own
            except aiohttp.ClientError:
                return False

        await until(ok, "the gateway is ready")

    async def stop(self) -> None:
        await self._end(signal.SIGTERM)

    async def kill(self) -> None:
        """SIGKILL; an embedded server lives on."""
        await self._end(signal.SIGKILL)

    def memory(self) -> tuple[float, float]:
        """MiB that this process and its embedded server hold (RSS)."""
        return _resident(self.pid), sum(_resident(one) for one in self._servers())

    def seconds(self) -> tuple[float, float]:
        """Seconds of processor that this process and its embedded server have used."""
        return _used(self.pid), sum(_used(one) for one in self._servers())

    def _servers(self) -> list[int]:
        file = self.data / "redis" / "server.pid"
        try:
            return [int(file.read_text())]
        except (OSError, ValueError):
            return []

    async def _end(self, number: int) -> None:
        process, self._process = self._process, None
        if process is not None:
            if process.returncode is None:
                process.send_signal(number)
            await process.wait()


def _lifted(place: str) -> dict[str, str]:
    return {f"{place}__{name}": _PACE for name in ("PER_SECOND", "PER_CHAT_SECOND", "CHAT_BURST")} | {
        f"{place}__MODE": "webhook"
    }


def _account(line: str, account: str, token: str, api_url: str) -> dict[str, str]:
    place = f"GATEWAY_LINES__{line}__ACCOUNTS__{account}"
    return {
        f"GATEWAY_LINES__{line}__TITLE": line.capitalize(),
        f"{place}__CHANNEL": "telegram",
        f"{place}__TOKEN": token,
        f"{place}__API_URL": api_url,
        **_lifted(place),
    }


def _resident(pid: int) -> float:
    try:
        return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * _PAGE / 2**20
    except OSError:
        return 0.0


def _used(pid: int) -> float:
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return 0.0
    return (int(fields[11]) + int(fields[12])) / _TICKS


def free_port() -> int:
    """A port that no outgoing connection is ever given: between this look and the server's own nobody takes it."""
    for port in _PORTS:
        with socket.socket() as probe, contextlib.suppress(OSError):
            probe.bind(("127.0.0.1", port))
            return port
    raise RuntimeError("every port below the system's own choice is taken")


def _fixed_ports() -> Iterator[int]:
    """Ports below the system's own choice, each once; processes beside each other begin at different ones."""
    try:
        end = int(Path("/proc/sys/net/ipv4/ip_local_port_range").read_text().split()[0])
    except OSError:
        end = 32768
    ports = range(max(end - 20_000, 1025), end)
    begin = os.getpid() * 199 % len(ports)
    yield from (*ports[begin:], *ports[:begin])


_PORTS = _fixed_ports()
