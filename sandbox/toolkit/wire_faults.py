"""What a server does to its client when a fault asks for it: keeps silent, cuts off, drips.

Which fault, and when, is for the vendors' rules to say.
"""

import asyncio
from typing import NoReturn

from aiohttp import web

from sandbox.toolkit.faults import FaultRule

_SLOW_PIECES = 10


async def hold_back(fault: FaultRule | None) -> None:
    """What happens before anything is done: a delay, or silence for good."""
    if fault is None:
        return
    if fault.fault == "delay":
        await asyncio.sleep(fault.delay_ms / 1000)
    if fault.fault == "timeout" and not fault.accepted:
        await never_answer()


async def answer(request: web.Request, body: bytes, fault: FaultRule | None, status: int = 200) -> web.StreamResponse:
    """Tells the client, or does to it what the fault demands."""
    match fault.fault if fault is not None else "":
        case "timeout":
            await never_answer()
        case "reset" if request.transport is not None:
            request.transport.abort()
        case "lost_reply" if request.transport is not None:
            request.transport.close()
        case "malformed":
            body = body[: len(body) // 2]
        case _:
            pass
    return web.Response(status=status, body=body, content_type="application/json")


async def never_answer() -> NoReturn:
    """Holds the connection until the client gives up: the server cancels us then."""
    await asyncio.get_running_loop().create_future()
    raise AssertionError


async def serve_file(
    request: web.Request,
    content: bytes,
    mime: str,
    fault: FaultRule | None,
    *,
    gone: web.Response,
    broken: web.Response,
) -> web.StreamResponse:
    """Answers a file, or what a fault makes of it: `gone` for an expired link, `broken` for a host that fails."""
    match fault.fault if fault is not None else "":
        case "timeout":
            await never_answer()
        case "500" | "502":
            return broken
        case "expired":
            return gone
        case "reset" | "slow" if fault is not None:
            return await _send_badly(request, content, mime, fault)
        case _:
            pass
    return web.Response(body=content, content_type=mime)


async def _send_badly(request: web.Request, content: bytes, mime: str, fault: FaultRule) -> web.StreamResponse:
    """Sends a file in drips, or only its first half."""
    response = web.StreamResponse(headers={"Content-Length": str(len(content))})
    response.content_type = mime
    await response.prepare(request)
    if fault.fault == "reset":
        await response.write(content[: len(content) // 2])
        if request.transport is not None:
            request.transport.abort()
        return response
    pieces = _SLOW_PIECES if fault.fault == "slow" else 1
    size = max(1, -(-len(content) // pieces))
    for at in range(0, len(content), size):
        if pieces > 1:
            await asyncio.sleep(fault.delay_ms / 1000 / pieces)
        await response.write(content[at : at + size])
    await response.write_eof()
    return response
