"""A small gateway at the wire: it speaks PROTOCOL.md to the component, and errs on demand."""

import asyncio
import hashlib
import json
from pathlib import Path
from typing import Any

from aiohttp import WSCloseCode, web

SCRIPT = Path(__file__).parents[2] / "gateway/connectors/widget/static/widget.js"
LOOK: dict[str, Any] = {
    "title": "Ромашка", "greeting": "Здравствуйте! Чем помочь?", "color": "#2f6fed", "position": "right",
    "avatar": False, "language": "auto", "theme": "auto", "ask": [], "policy": None, "upload_limit": 1 << 20,
    "text_limit": 4096,
}  # fmt: skip
NOON = 1_790_000_000_000
CORS = {
    "Access-Control-Allow-Origin": "*", "Access-Control-Allow-Headers": "*", "Access-Control-Allow-Methods": "*",
}  # fmt: skip


class Gateway:
    """One account. What visitors said is in `said`, as it came; what they are shown lies in `logs`."""

    def __init__(self) -> None:
        self.look = dict(LOOK)
        self.online = True
        self.logs: dict[str, list[dict[str, Any]]] = {}
        self.said: list[dict[str, Any]] = []
        self.sessions: list[dict[str, Any]] = []
        self.files: dict[str, tuple[bytes, str]] = {}
        self.uploads: dict[str, bytes] = {}
        self.sockets: set[web.WebSocketResponse] = set()
        self.polls = 0
        self.takes_sockets = True
        self.answers = True
        self.drops: list[str] = []
        """What befalls the next messages: the socket is lost `before` or `after` they are stored."""
        self.refuses: list[dict[str, Any]] = []
        self.upload_status = 200
        self.uploads_pass = asyncio.Event()
        self.uploads_pass.set()
        self.visitors = 0
        self.refused_tokens: set[str] = set()
        self.news = asyncio.Condition()
        self.url = ""

    # ── who writes ──

    async def session(self, request: web.Request) -> web.StreamResponse:
        asked = json.loads(await request.text())
        self.sessions.append(asked)
        token = asked.get("token") or ""
        if token in self.refused_tokens:
            return web.json_response({"error": "token"}, status=401, headers=CORS)
        user = asked.get("user")
        if user and user["signature"] != "good":
            return web.json_response({"error": "identity"}, status=403, headers=CORS)
        if user:
            visitor = f"u-{user['id']}"
        elif token.startswith("renew:"):
            visitor = token.removeprefix("renew:")
        else:
            self.visitors += 1
            visitor = f"v-{self.visitors}"
        answer = {
            "token": f"access:{visitor}:{len(self.sessions)}", "renew": f"renew:{visitor}", "visitor": visitor,
            "expires_at": 2_000_000_000, "online": self.online, "look": self.look,
        }  # fmt: skip
        return web.json_response(answer, headers=CORS)

    def visitor_of(self, token: str) -> str | None:
        return None if token in self.refused_tokens or not token.startswith("access:") else token.split(":")[1]

    # ── the log ──

    async def append(self, visitor: str, body: dict[str, Any]) -> dict[str, Any]:
        log = self.logs.setdefault(visitor, [])
        entry = {"seq": f"{len(log) + 1:06}", **body}
        log.append(entry)
        for socket in list(self.sockets):
            if socket["visitor"] == visitor and self.answers:
                await self.push(socket, entry)
        async with self.news:
            self.news.notify_all()
        return entry

    async def push(self, socket: web.WebSocketResponse, frame: dict[str, Any]) -> None:
        try:
            await socket.send_json(frame)
        except ConnectionError:
            self.sockets.discard(socket)

    async def hint(self, frame: dict[str, Any]) -> None:
        for socket in list(self.sockets):
            await self.push(socket, frame)

    async def write(self, text: str = "", visitor: str = "v-1", **fields: Any) -> str:
        message_id = fields.pop("id", None) or f"9.{len(self.logs.get(visitor, [])) + 1}"
        at = fields.pop("at", NOON + 1000 * len(self.logs.get(visitor, [])))
        body = {"type": "message", "id": message_id, "from": "operator", "author": "Анна", "at": at, "text": text}
        await self.append(visitor, body | fields)
        return str(message_id)

    def after(self, visitor: str, seq: str | None) -> list[dict[str, Any]]:
        return [entry for entry in self.logs.get(visitor, []) if seq is None or entry["seq"] > seq]

    def words(self, visitor: str = "v-1") -> list[str]:
        """What the visitor's messages in the log say, in its order."""
        return [one["text"] for one in self.logs.get(visitor, []) if one.get("from") == "visitor"]

    async def hear(self, visitor: str, frame: dict[str, Any]) -> list[dict[str, Any]]:
        self.said.append(frame)
        if frame["type"] == "ping":
            return [{"type": "pong", "n": frame["n"]}]
        if frame["type"] not in {"message", "press"}:
            return []
        if self.refuses:
            return [{"type": "refused", "id": frame["id"], **self.refuses.pop(0)}]
        if all(one.get("id") != frame["id"] for one in self.logs.get(visitor, [])):
            files = [
                {"file": one["upload"], "grant": "g", "kind": "photo", "name": one["name"], "mime": "image/png"}
                for one in frame.get("files") or []
            ]
            for one in files:
                self.files[one["file"]] = (self.uploads[one["file"]], "image/png")
            text = frame.get("text", "") if frame["type"] == "message" else frame["data"].removeprefix("q:")
            await self.append(visitor, {
                "type": "message", "id": frame["id"], "from": "visitor", "at": NOON + len(self.said) * 1000,
                "text": text, "files": files, "reply_to": frame.get("message"),
            })  # fmt: skip
        seq = next(one["seq"] for one in self.logs[visitor] if one.get("id") == frame["id"])
        return [{"type": "stored", "id": frame["id"], "seq": seq}]

    # ── ways ──

    async def socket(self, request: web.Request) -> web.StreamResponse:
        if not self.takes_sockets:
            return web.Response(status=503)
        socket = web.WebSocketResponse()
        await socket.prepare(request)
        hello = await socket.receive_json()
        visitor = self.visitor_of(hello["token"])
        if visitor is None:
            await socket.close(code=4001)
            return socket
        self.said.append(hello)
        if self.answers:
            await self.push(socket, {"type": "ready", "visitor": visitor, "online": self.online, "torn": False})
            for entry in self.after(visitor, hello["after"]):
                await self.push(socket, entry)
            await self.push(socket, {"type": "caught_up"})
        socket["visitor"] = visitor
        self.sockets.add(socket)
        async for message in socket:
            frame = json.loads(message.data)
            drop = self.drops.pop(0) if self.drops and frame["type"] == "message" else None
            if drop:
                self.sockets.discard(socket)
            if drop == "before":
                self.said.append(frame)
            answers = await self.hear(visitor, frame) if self.answers and drop != "before" else []
            if drop:
                await socket.close(code=WSCloseCode.GOING_AWAY)
                break
            for answer in answers:
                await self.push(socket, answer)
        self.sockets.discard(socket)
        return socket

    async def poll(self, request: web.Request) -> web.StreamResponse:
        asked = json.loads(await request.text())
        visitor = self.visitor_of(asked["token"])
        if visitor is None:
            return web.json_response({"error": "token"}, status=401, headers=CORS)
        self.polls += 1
        async with self.news:
            try:
                async with asyncio.timeout(asked["wait"]):
                    await self.news.wait_for(lambda: asked["after"] is None or self.after(visitor, asked["after"]))
            except TimeoutError:
                pass
        ready = {"type": "ready", "visitor": visitor, "online": self.online, "torn": False, "after": "000000"}
        frames = [ready, *self.after(visitor, asked["after"]), {"type": "caught_up"}]
        return web.json_response({"frames": frames}, headers=CORS)

    async def frames(self, request: web.Request) -> web.StreamResponse:
        asked = json.loads(await request.text())
        visitor = self.visitor_of(asked["token"])
        if visitor is None:
            return web.json_response({"error": "token"}, status=401, headers=CORS)
        answers = [answer for frame in asked["frames"] for answer in await self.hear(visitor, frame)]
        return web.json_response({"frames": answers}, headers=CORS)

    async def upload(self, request: web.Request) -> web.StreamResponse:
        body = await request.read()
        await self.uploads_pass.wait()
        if self.upload_status != 200:
            return web.json_response({"error": "no"}, status=self.upload_status, headers=CORS)
        name = hashlib.sha256(request.headers["X-Upload-Id"].encode()).hexdigest()[:12]
        self.uploads[name] = body
        answer = {"upload": name, "kind": "photo", "name": request.headers["X-File-Name"], "mime": "image/png"}
        return web.json_response(answer | {"size": len(body)}, headers=CORS)

    async def file(self, request: web.Request) -> web.StreamResponse:
        if self.visitor_of(request.headers.get("Authorization", "").removeprefix("Bearer ")) is None:
            return web.json_response({"error": "token"}, status=401, headers=CORS)
        body, mime = self.files[request.match_info["file"]]
        return web.Response(body=body, content_type=mime, headers=CORS)

    async def script(self, request: web.Request) -> web.StreamResponse:
        return web.Response(body=SCRIPT.read_bytes(), content_type="text/javascript", charset="utf-8")

    async def alone(self, request: web.Request) -> web.StreamResponse:
        page = '<!doctype html><html lang="ru"><title>Чат</title><meta name="viewport" content="width=device-width">'
        return web.Response(text=f'{page}<script src="widget.js" data-page></script>', content_type="text/html")

    async def preflight(self, request: web.Request) -> web.StreamResponse:
        return web.Response(headers=CORS)

    def app(self) -> web.Application:
        app = web.Application(client_max_size=1 << 26)
        at = "/widget/site/"
        app.add_routes([
            web.get(at, self.alone), web.get(at + "widget.js", self.script), web.get(at + "socket", self.socket),
            web.post(at + "session", self.session), web.post(at + "poll", self.poll),
            web.post(at + "frames", self.frames), web.post(at + "upload", self.upload),
            web.get(at + "file/{file}", self.file),
            web.options(at + "{path:.*}", self.preflight),
        ])  # fmt: skip
        return app

    async def cut(self, code: int = 1001) -> None:
        for socket in list(self.sockets):
            await socket.close(code=code)
