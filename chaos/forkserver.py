"""A process that has the gateway imported and does nothing but fork: a gateway is up in a moment, not in seconds.

Told line by line what to start, it says what it has started and what has ended. Whoever holds its standard input is
its life: at the end of that, nothing it started stays. It must have one thread only.
"""

import contextlib
import gc
import importlib
import json
import os
import select
import signal
import sys
from collections.abc import Callable
from typing import Any, NoReturn


def main() -> None:
    importlib.import_module("gateway.app")  # what every child would import
    gateway = importlib.import_module("gateway.cli").main

    gc.collect()
    gc.freeze()
    ours, woken = os.pipe()
    os.set_blocking(woken, False)
    signal.set_wakeup_fd(woken, warn_on_full_buffer=False)
    signal.signal(signal.SIGCHLD, lambda *_: None)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    children: set[int] = set()
    _say(ready=os.getpid())
    given = b""
    while True:
        readable, _, _ = select.select([0, ours], [], [])
        if ours in readable:
            os.read(ours, 4096)
            _reap(children)
        if 0 in readable:
            data = os.read(0, 65536)
            if not data:
                break
            *lines, given = (given + data).split(b"\n")
            for line in lines:
                wanted = json.loads(line)
                pid = os.fork()
                if pid == 0:
                    os.close(ours)
                    os.close(woken)
                    _become(wanted, gateway)
                children.add(pid)
                _say(started=pid)
    for pid in children:
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)


def _become(wanted: dict[str, Any], gateway: Callable[[list[str]], object]) -> NoReturn:
    """The child: a process of its own session with its own environment and its own log."""
    os.setsid()
    signal.set_wakeup_fd(-1)
    for number in (signal.SIGCHLD, signal.SIGINT):
        signal.signal(number, signal.SIG_DFL)
    nothing = os.open(os.devnull, os.O_RDONLY)
    log = os.open(wanted["log"], os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    for source, target in ((nothing, 0), (log, 1), (log, 2)):
        os.dup2(source, target)
    os.environ.clear()
    os.environ.update(wanted["environment"])
    gc.unfreeze()
    code = 1
    try:
        gateway(wanted["words"])
    except SystemExit as end:
        code = end.code if isinstance(end.code, int) else int(end.code is not None)
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)


def _reap(children: set[int]) -> None:
    for pid in list(children):
        found, status = os.waitpid(pid, os.WNOHANG)
        if found:
            children.discard(pid)
            _say(ended=pid, code=os.waitstatus_to_exitcode(status))


def _say(**words: int) -> None:
    os.write(1, json.dumps(words).encode() + b"\n")


if __name__ == "__main__":
    main()
