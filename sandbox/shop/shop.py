"""The shop's web server below /shop/: pages, log in and out, and the chat of the gateway beside it by one script tag.

Works without the chat, too, and says then where it will be; knows the gateway by its address only.
"""

import re
import secrets
from collections.abc import Callable
from pathlib import Path

import msgspec
from aiohttp import web

from sandbox.shop.customers import OLGA, Customer, customer_of, pass_of, vouch
from sandbox.shop.pages import ChatPlace, Page, Pages
from sandbox.store import Store
from sandbox.wire import encode

AVATAR = Path(__file__).parent / "static" / "avatar.png"
_STATIC = AVATAR.parent
_COOKIE = "shop_customer"
_HOST = re.compile(r"[\w.:\[\]-]{1,255}", re.ASCII)


class Shop:
    """The site; `identity_secret` is what it shares with the gateway, kept as long as the world is."""

    def __init__(self, store: Store, now_ms: Callable[[], int], chat: Callable[[], ChatPlace]) -> None:
        kept = store.load("shop")
        self.identity_secret: str = msgspec.json.decode(kept[0], type=str) if kept else secrets.token_urlsafe(32)
        store.put("shop", "identity_secret", self.identity_secret)
        self._now_ms = now_ms
        self._chat = chat
        self._pages = Pages()

    def add_routes(self, router: web.UrlDispatcher) -> None:
        router.add_get("/shop", self.enter)
        router.add_get("/shop/chat", self.chat)
        router.add_post("/shop/login", self.log_in)
        router.add_post("/shop/logout", self.log_out)
        router.add_get("/shop/static/{name}", self.static)
        router.add_get("/shop/{path:.*}", self.page)

    async def enter(self, _request: web.Request) -> web.Response:
        raise web.HTTPMovedPermanently("/shop/")

    async def page(self, request: web.Request) -> web.Response:
        path = request.match_info["path"]
        page = self._pages.find(path)
        return self._shown(request, page or self._pages.missing, path if page else "", 200 if page else 404)

    async def chat(self, _request: web.Request) -> web.Response:
        """Where the chat's script is by now; null while the gateway starts or where there is none."""
        body = encode({"script": self._chat().script})
        return web.Response(body=body, content_type="application/json", headers={"Cache-Control": "no-store"})

    async def log_in(self, request: web.Request) -> web.Response:
        answer = await self._back(request)
        # This is a play: the one customer has no password.
        answer.set_cookie(
            _COOKIE,
            pass_of(OLGA, self.identity_secret),
            path="/shop/",
            httponly=True,
            samesite="Lax",
            max_age=30 * 86400,
        )
        return answer

    async def log_out(self, request: web.Request) -> web.Response:
        answer = await self._back(request)
        answer.del_cookie(_COOKIE, path="/shop/")
        return answer

    async def static(self, request: web.Request) -> web.FileResponse:
        path = (_STATIC / request.match_info["name"]).resolve()
        if path.parent != _STATIC.resolve() or not path.is_file():
            raise web.HTTPNotFound(text="There is no such file.")
        return web.FileResponse(path, headers={"Cache-Control": "no-cache", "X-Content-Type-Options": "nosniff"})

    def _shown(self, request: web.Request, page: Page, path: str, status: int) -> web.Response:
        customer = self._customer(request)
        vouched = encode(vouch(customer, self.identity_secret, self._now_ms() // 1000)).decode() if customer else ""
        chat = self._chat()
        return web.Response(
            status=status,
            text=self._pages.html(page, path, customer, vouched, chat),
            content_type="text/html",
            headers={
                "Cache-Control": "no-store",
                "Content-Security-Policy": _policy(f"{request.scheme}://{host_of(request)}", chat.origin),
                "X-Content-Type-Options": "nosniff",
                "Referrer-Policy": "same-origin",
            },
        )

    def _customer(self, request: web.Request) -> Customer | None:
        return customer_of(request.cookies.get(_COOKIE, ""), self.identity_secret)

    async def _back(self, request: web.Request) -> web.Response:
        """To the page of this shop where the button was pressed, and to no other place."""
        path = str((await request.post()).get("back", "")).removeprefix("/shop/")
        return web.Response(status=303, headers={"Location": f"/shop/{path if self._pages.find(path) else ''}"})


def host_of(request: web.Request) -> str:
    """The name by which the browser called us, fit to stand in a policy; raises HTTPBadRequest."""
    if not _HOST.fullmatch(request.host):
        raise web.HTTPBadRequest(text="This is no name of a host.")
    return request.host


def _policy(own: str, chat: str | None) -> str:
    """As strict as a site with the chat can be: the shop's own paths, the gateway, and nothing inline."""
    place = f"{own}/shop/"
    near = [place, chat] if chat else [place]
    socket = [chat.replace("http", "ws", 1)] if chat else []
    sources = {
        "default-src": ["'none'"],
        "script-src": near,
        "style-src": [place],
        "img-src": [*near, "blob:"],
        "media-src": ["blob:"],
        "connect-src": [*near, *socket],
        "form-action": [place],
        "frame-ancestors": ["'self'"],
        "base-uri": ["'none'"],
    }
    return "; ".join(f"{name} {' '.join(values)}" for name, values in sources.items())
