"""How a channel's webhook is knocked at: by what its fixture folder says, so that a new channel is one folder more.

`tests/connectors/<channel>/hook.json` holds a genuine call for the contract's test; all it may say is read here:

```
settings     what the account's table needs beside settings.json
headers      that prove who sends          secret   the body's field that proves it
query        that proves it                sign     {"header", "prefix", "key"}: HMAC-SHA256 of the raw body
address      other than /hooks/<channel>/shop       environment   further settings of the gateway, by variable
vendor       answers of the vendor's server, by the end of the path: {"<path>": <JSON>}; anything else is 500
```
A channel whose bodies come through an app that accounts share (`app` in settings.json) needs no such file.
"""

import hashlib
import hmac
import json
import random
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, NamedTuple, Self

from aiohttp import web
from msgspec import Struct

from gateway.connectors.registry import channel, channel_names

FIXTURES = Path(__file__).parents[1] / "tests" / "connectors"
ACCOUNT = "shop"
PLACE = f"GATEWAY_LINES__SALES__ACCOUNTS__{ACCOUNT.upper()}__"
"""What the variables of its settings begin with."""
_APP_SECRET = "0123456789abcdef0123456789abcdef"  # noqa: S105 - of nobody
Json = Any


class Knock(NamedTuple):
    """A request to our address."""

    headers: Mapping[str, str]
    query: Mapping[str, str]
    body: bytes


class Sign(Struct, frozen=True):
    header: str
    key: str
    prefix: str = ""


class Webhook(Struct, frozen=True, kw_only=True):
    """A channel's webhook, its proof of who sends, and bodies of the vendor's shape."""

    name: str
    address: str
    bodies: tuple[Json, ...]
    headers: dict[str, str] = {}
    query: dict[str, str] = {}
    secret: str = ""
    """The body's field that proves who sends; empty: none does."""
    shown: str = ""
    """What stands there."""
    sign: Sign | None = None
    environment: dict[str, str] = {}
    vendor: dict[str, Json] = {}
    is_read_back: bool = False
    """The vendor is asked for each message before it is believed: with other ids it knows none."""
    kept: frozenset[str] = frozenset()
    """Ids that say whose account it is: they stay what they are, or nothing would be read."""

    @classmethod
    def of(cls, name: str) -> Self | None:
        """The channel's; None: it has no webhook."""
        folder = FIXTURES / name
        if (folder / "hook.json").is_file():
            told = _load(folder / "hook.json")
        elif (app := _load(folder / "settings.json").get("app")) is not None:
            told = _through(app, _load(folder / "received" / "text.json"))
        else:
            return None
        table = {**_load(folder / "settings.json"), **told.get("settings", {})}
        field = told.get("secret", "")
        received = sorted(one for one in (folder / "received").glob("*.json") if ".expected" not in one.name)
        # What proves it is put there anew for each request.
        bodies = [
            {key: one for key, one in body.items() if key != field}
            for body in (told["body"], *map(_load, received))
            if isinstance(body, dict)
        ]
        # No proxy stands between this gateway and the run's own servers.
        told_of = {key: one for key, one in table.items() if one is not None and key != "proxy"}
        words = {key: one if isinstance(one, str) else json.dumps(one) for key, one in told_of.items()}
        return cls(
            name=name,
            address=told.get("address", f"/hooks/{name}/{ACCOUNT}"),
            bodies=tuple(bodies),
            headers=told.get("headers", {}),
            query=told.get("query", {}),
            secret=field,
            shown=told["body"].get(field, "") if field else "",
            sign=Sign(**told["sign"]) if "sign" in told else None,
            environment={
                f"{PLACE}CHANNEL": name,
                **{f"{PLACE}{key.upper()}": one for key, one in words.items()},
                **told.get("environment", {}),
            },
            vendor=told.get("vendor", {}),
            is_read_back="update" in told,
            kept=frozenset((*words.values(), *told.get("kept", ()))),
        )

    def proven(self, body: bytes) -> Knock:
        """The body with everything that proves it genuine; one that is no object cannot carry a secret."""
        if self.secret:
            body = self._with(self.secret, self.shown, body)
        return Knock({**self.headers, **self._signed(body)}, self.query, body)

    def forged(self, body: bytes, chance: random.Random) -> Knock:
        """The same without the proof, or with one that is nearly right."""
        if self.secret:
            field, value = chance.choice([*((self.secret, one) for one in _near(self.shown)), ("secret ", self.shown)])
            body = body if value is None else self._with(field, value, body)
            hidden = chance.choice(({}, {f"x-{self.secret}": self.shown}))
            return Knock({**self.headers, **hidden}, chance.choice(({}, {self.secret: self.shown})), body)
        if self.sign is not None:
            return Knock(_spoilt({**self.headers, **self._missigned(body, chance)}, {}, chance), self.query, body)
        if self.query:
            # What stands in the headers beside a parameter that proves it is only there.
            return Knock(chance.choice((self.headers, {})), _spoilt({}, self.query, chance), body)
        return Knock(_spoilt({}, self.headers, chance), self.query, body)

    def _with(self, field: str, value: Json, body: bytes) -> bytes:
        if not body.lstrip().startswith(b"{"):
            return body
        rest = body.lstrip()[1:]
        comma = b"" if rest.lstrip().startswith(b"}") else b","
        return b"{" + json.dumps(field).encode() + b":" + json.dumps(value).encode() + comma + rest

    def _signed(self, body: bytes) -> dict[str, str]:
        if self.sign is None:
            return {}
        digest = hmac.digest(self.sign.key.encode(), body, hashlib.sha256).hex()
        return {self.sign.header: f"{self.sign.prefix}{digest}"}

    def _missigned(self, body: bytes, chance: random.Random) -> dict[str, str]:
        """A signature of something else, by somebody else, or by another rule."""
        assert self.sign is not None
        key = self.sign.key.encode()
        digests = (
            hmac.digest(key + b"0", body, hashlib.sha256),
            hmac.digest(key, body + b" ", hashlib.sha256),
            hmac.digest(b"", body, hashlib.sha256),
            hmac.digest(key, body, hashlib.sha1),
            hashlib.sha256(key + body).digest(),
        )
        wrong = [f"{self.sign.prefix}{one.hex()}" for one in digests]
        right = self._signed(body)[self.sign.header]
        near = [one.replace("\x00", "%00") for one in _near(right) if isinstance(one, str)]
        others = [right.removeprefix(self.sign.prefix), f"sha1={right}", None]
        shown = chance.choice([*wrong, *near, *others])
        return {} if shown is None else {self.sign.header: shown}


def webhooks() -> Iterator[Webhook]:
    """Every channel's that has one."""
    for name in channel_names():
        if (webhook := Webhook.of(name)) is not None:
            yield webhook


def pointed(webhook: Webhook, vendor: str) -> dict[str, str]:
    """The settings by which the account calls this server in the place of its vendor's, if it calls any."""
    return {f"{PLACE}API_URL": vendor} if "api_url" in channel(webhook.name).Settings.model_fields else {}


@asynccontextmanager
async def vendor_of(group: Sequence[Webhook]) -> AsyncIterator[str]:
    """The vendor's server: it answers what the fixtures say, and fails at everything else."""
    answers = {path: one for webhook in group for path, one in webhook.vendor.items()}

    async def handle(request: web.Request) -> web.Response:
        for path, body in answers.items():
            if request.path.endswith(path):
                return web.json_response(body)
        return web.Response(status=500)

    app = web.Application(client_max_size=0)
    app.router.add_route("*", "/{tail:.*}", handle)
    runner = web.AppRunner(app, shutdown_timeout=1, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    try:
        yield f"http://127.0.0.1:{runner.addresses[0][1]}"
    finally:
        await runner.cleanup()


def _through(app: str, body: Json) -> Json:
    """What hook.json would say of a channel whose bodies come through an app that several accounts share."""
    place = f"GATEWAY_APPS__{app.upper()}__"
    return {
        "address": f"/hooks/meta/{app}",
        "sign": {"header": "x-hub-signature-256", "prefix": "sha256=", "key": _APP_SECRET},
        "environment": {f"{place}SECRET": _APP_SECRET, f"{place}VERIFY_TOKEN": "the-word-that-meta-shows"},
        "body": body,
    }


def _near(right: str) -> tuple[Json, ...]:
    """What is nearly a secret; None: nothing is shown at all."""
    wrong = (
        None, "", right[:-1], right[1:], f"{right}0", f"{right[:-1]}{'0' if right[-1:] != '0' else '1'}",
        right[::-1], right * 2, "0" * len(right), [right], {"is": right}, True, 0, f"{right}\x00", right.upper(),
    )  # fmt: skip
    return tuple(one for one in wrong if one != right)


def _spoilt(others: Mapping[str, str], proofs: Mapping[str, str], chance: random.Random) -> dict[str, str]:
    """Proofs of which one at least is wrong or missing."""
    found = {**others, **proofs}
    for name in chance.sample(sorted(proofs), chance.randint(1, len(proofs))) if proofs else ():
        wrong = chance.choice([one for one in _near(proofs[name]) if one is None or isinstance(one, str)])
        if wrong is None:
            del found[name]
        else:
            found[name] = wrong.replace("\x00", "%00")
    return found


def _load(path: Path) -> Json:
    return json.loads(path.read_text(encoding="utf-8"))
