"""`python -m sandbox`: the sandbox on a port, and beside it (without --only) the gateway as a child process.

`open-lines-sandbox`, the command of the installed package, is the same with --only: it never starts a gateway.
"""

import argparse
import asyncio
import signal
import socket
import sys
from importlib.util import find_spec
from pathlib import Path

from sandbox.cast import DEFAULT_CAST, CastError, load_cast
from sandbox.product import Product, ProductError
from sandbox.server import Sandbox
from sandbox.store import StoreError

_LEDGER_ROWS = 100_000


def _arguments(*, is_alone: bool) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="open-lines-sandbox" if is_alone else "python -m sandbox",
        description="A Telegram of your own: the Bot API on this machine, and a page to play its people.",
    )
    parser.add_argument("--host", default="127.0.0.1", help="address to listen on (default: this machine only)")
    parser.add_argument("--port", type=int, default=8080, help="port to listen on; 0 takes a free one (default: 8080)")
    kept = "without it nothing is kept" if is_alone else "with --only, none keeps nothing"
    parser.add_argument("--data", type=Path, help=f"folder to keep everything in; {kept}")
    parser.add_argument("--cast", type=Path, default=DEFAULT_CAST, help="TOML file with a new world's bots and people")
    if is_alone:
        parser.set_defaults(only=True)
    else:
        parser.add_argument("--only", action="store_true", help="the sandbox alone, without the gateway")
    parser.add_argument("--no-limits", action="store_true", help="lift Telegram's flood limits")
    parser.add_argument("--ledger", type=Path, help="file to append the ledger to, one JSON row a line")
    parser.add_argument("--open-control", action="store_true", help="let other machines use page and control API")
    arguments = parser.parse_args()
    if arguments.data is None and not arguments.only:
        arguments.data = Path("data")
    return arguments


def _say(sentence: str) -> None:
    print(sentence, flush=True)  # noqa: T201 - for the person at the terminal


async def _run(arguments: argparse.Namespace) -> int:
    sandbox = Sandbox(
        folder=arguments.data / "sandbox" if arguments.data else None,
        host=arguments.host,
        port=arguments.port,
        cast=load_cast(arguments.cast),
        ledger_file=arguments.ledger,
        is_control_open=arguments.open_control,
        limits=not arguments.no_limits,
        ledger_kept=_LEDGER_ROWS,
    )
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        loop.add_signal_handler(number, stop.set)
    async with sandbox:
        _say(f"Откройте / open {sandbox.url}")
        if not arguments.only:
            return await Product(sandbox, arguments.data.resolve(), _say).run(stop)
        await stop.wait()
    return 0


def _is_free(host: str, port: int) -> bool:
    """Asked before the data folder is opened, so that a second start says what is really in the way."""
    with socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError:
            return False
    return True


def main(*, is_alone: bool = False) -> int:
    """The exit code; every expected trouble is one sentence."""
    arguments = _arguments(is_alone=is_alone)
    host, port = arguments.host, arguments.port
    if not arguments.only and find_spec("gateway") is None:
        _say("Open Lines Gateway is not installed in this Python. Add --only to run the sandbox without it.")
        return 1
    if not _is_free(host, port):
        other = "--port 8081" if is_alone else "PORT=8081 make run, or --port 8081"
        _say(f"Port {port} of {host} is taken or not allowed. Choose another: {other}.")
        return 1
    try:
        return asyncio.run(_run(arguments))
    except (CastError, StoreError, ProductError) as error:
        _say(str(error))
    except OSError as error:
        _say(f"The sandbox cannot run: {error}.")
    return 1


def main_alone() -> int:
    """The installed command `open-lines-sandbox`."""
    return main(is_alone=True)


if __name__ == "__main__":
    sys.exit(main())
