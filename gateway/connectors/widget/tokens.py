"""Who writes: signed tokens of visitors, the site's signature of its users, grants of files. Pure: time and chance
are arguments. Nothing here is remembered, every comparison takes constant time, and nothing is shown.
"""

import hmac
import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Mapping
from hashlib import sha256
from typing import Any, Literal

import msgspec
from msgspec import Struct

from gateway.model.ids import AccountId, ContactId

ACCESS_SECONDS = 3600
RENEW_SECONDS = 180 * 24 * 3600
IDENTIFIED_RENEW_SECONDS = 24 * 3600
"""A user's page is signed anew by its site each time; this is for a page that stays open."""
_VERSION = "w1"
_LONGEST_TOKEN = 2048
_LONGEST_ID = 128
_SHORT = 22
_FIRST_PRINTABLE, _DELETE = 0x20, 0x7F

Use = Literal["access", "renew"]


class Visitor(Struct, frozen=True):
    """Who writes; `user`: the site's own id, by its server's word."""

    visitor: ContactId
    user: str | None = None
    language: str | None = None


class Claims(Struct, frozen=True, rename={"account": "a", "visitor": "v", "use": "t", "expires": "e", "nonce": "n"}):
    """What a token says."""

    account: AccountId
    visitor: ContactId
    use: Use
    expires: int
    nonce: str
    user: str | None = None
    language: str | None = None

    @property
    def who(self) -> Visitor:
        return Visitor(self.visitor, self.user, self.language)


class TokenSigner:
    """Signs and verifies for one account; what is signed for one purpose does for no other."""

    __slots__ = ("_account", "_file", "_token", "_upload")

    def __init__(self, secret: str, account: AccountId) -> None:
        self._account = account
        self._token = _mac(secret.encode(), "widget token")
        self._file = _mac(secret.encode(), "widget file")
        self._upload = _mac(secret.encode(), "widget upload")

    def token(self, who: Visitor, use: Use, now: int, nonce: str) -> tuple[str, int]:
        """A token that begins at `now`, and when it ends; both in seconds since the epoch."""
        lives = ACCESS_SECONDS
        if use == "renew":
            lives = RENEW_SECONDS if who.user is None else IDENTIFIED_RENEW_SECONDS
        claims = Claims(self._account, who.visitor, use, now + lives, nonce, who.user, who.language)
        return self._sign(_VERSION, self._token, msgspec.to_builtins(claims)), claims.expires

    def claims(self, token: str, now: int, uses: tuple[Use, ...] = ("access",)) -> Claims | None:
        """What a token of ours says; None: it is forged, of another account, expired or for another use."""
        opened = self._open(_VERSION, self._token, token)
        try:
            claims = msgspec.convert(opened, Claims)
        except msgspec.ValidationError:
            return None
        is_valid = claims.account == self._account and claims.use in uses and now < claims.expires
        return claims if is_valid else None

    def grant(self, visitor: ContactId, file: str) -> str:
        """What a visitor shows to be given a file."""
        return _b64(_mac(self._file, f"{self._account}\n{visitor}\n{file}"))[:_SHORT]

    def is_granted(self, visitor: ContactId, file: str, grant: str) -> bool:
        return hmac.compare_digest(self.grant(visitor, file).encode(), grant.encode("utf-8", "replace"))

    def upload(self, visitor: ContactId, facts: Mapping[str, Any]) -> str:
        """A handle of bytes that a visitor has uploaded, with what we saw of them."""
        return self._sign("u1", self._upload, {"a": self._account, "v": visitor, "f": dict(facts)})

    def uploaded(self, visitor: ContactId, handle: str) -> dict[str, Any] | None:
        """The facts of a handle of ours that was given to this visitor."""
        opened = self._open("u1", self._upload, handle)
        if opened is None or (opened.get("a"), opened.get("v")) != (self._account, visitor):
            return None
        return dict(opened["f"])

    def __repr__(self) -> str:
        return f"TokenSigner({self._account})"

    def _sign(self, version: str, key: bytes, payload: object) -> str:
        body = f"{version}.{_b64(json.dumps(payload, separators=(',', ':')).encode())}"
        return f"{body}.{_b64(_mac(key, body))}"

    def _open(self, version: str, key: bytes, text: str) -> dict[str, Any] | None:
        if len(text) > _LONGEST_TOKEN or not text.isascii() or not text.startswith(f"{version}."):
            return None
        body, _, mac = text.rpartition(".")
        if not hmac.compare_digest(_b64(_mac(key, body)).encode(), mac.encode()):
            return None
        # From here on it is our own writing.
        payload = body.removeprefix(f"{version}.")
        opened: dict[str, Any] = json.loads(urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))
        return opened


def identify(secret: str, account: AccountId, given: Mapping[str, Any], now: int) -> Visitor | None:
    """The visitor that a site's signed user is; None: the signature is missing, wrong or over.

    Args:
        secret: the account's identity secret.
        account: whose visitor.
        given: `{id, signature, until?}`; `until` in seconds since the epoch, signed with the id.
        now: seconds since the epoch.
    """
    user, signature, until = given.get("id"), given.get("signature"), given.get("until")
    user = str(user) if isinstance(user, int) and not isinstance(user, bool) else user
    if not isinstance(user, str) or not isinstance(signature, str) or not _is_id(user):
        return None
    if until is not None and (not isinstance(until, int) or isinstance(until, bool)):
        return None
    signed = user if until is None else f"{user}\n{until}"
    # Compared before the time is looked at: a forger learns nothing from which of the two it was.
    is_genuine = hmac.compare_digest(
        _mac(secret.encode(), signed).hex().encode(), signature.encode("utf-8", "replace").lower()
    )
    if not is_genuine or (until is not None and now >= until):
        return None
    digest = sha256(f"{account}\n{user}".encode()).digest()
    return Visitor(ContactId(f"u-{_b64(digest)[:_SHORT]}"), user)


def anonymous(chance: bytes) -> ContactId:
    """A new visitor; `chance` is 16 random bytes."""
    return ContactId(f"v-{_b64(chance)[:_SHORT]}")


def _is_id(user: str) -> bool:
    if not 0 < len(user) <= _LONGEST_ID:
        return False
    # Half a surrogate pair has no UTF-8, and so no signature.
    return all(ord(one) >= _FIRST_PRINTABLE and ord(one) != _DELETE and not "\ud800" <= one <= "\udfff" for one in user)


def _mac(key: bytes, text: str) -> bytes:
    return hmac.digest(key, text.encode("utf-8", "surrogatepass"), sha256)


def _b64(raw: bytes) -> str:
    return urlsafe_b64encode(raw).rstrip(b"=").decode()
