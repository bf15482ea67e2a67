"""Sessions: who writes, for how long, and how the chat is to look. A visitor is new, renewed by a token of ours, or a
user for whom the site's server has signed; nothing a page merely says opens anybody's history.
"""

from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

from aiohttp import web

from gateway.connectors.widget import frames
from gateway.connectors.widget.answers import HttpRejection, body_of, told_json
from gateway.connectors.widget.settings import Settings
from gateway.connectors.widget.site import Site
from gateway.connectors.widget.tokens import Visitor, anonymous, identify

_LIMIT = 16 * 1024
_ID_BYTES, _NONCE_BYTES = 16, 6


class Sessions:
    """All of one account's."""

    def __init__(self, site: Site) -> None:
        self._site = site

    async def begin(self, request: web.Request) -> web.Response:
        """Begins or renews one. Raises HttpRejection."""
        body = await body_of(request, _LIMIT, self._site.timings.body)
        now = self._site.now
        who = self._visitor(body, now)
        given = body.get("language")
        if isinstance(given, str) and (language := frames.language(given)) is not None:
            who = Visitor(who.visitor, who.user, language)
        token, expires = self._site.signer.token(who, "access", now, self._site.chance(_NONCE_BYTES).hex())
        renew, _ = self._site.signer.token(who, "renew", now, self._site.chance(_NONCE_BYTES).hex())
        return told_json({
            "token": token,
            "renew": renew,
            "visitor": who.visitor,
            "expires_at": expires,
            "online": self._site.reception.is_attended(),
            "look": look_of(self._site.settings),
        })  # fmt: skip

    def _visitor(self, body: Mapping[str, Any], now: int) -> Visitor:
        user, token = body.get("user"), body.get("token")
        if user is not None:
            # Only the signature counts: a token beside it opens nothing.
            secret = self._site.settings.identity_secret
            found = None
            if secret is not None and isinstance(user, Mapping):
                found = identify(secret.get_secret_value(), self._site.account, user, now)
            if found is None:
                raise HttpRejection(HTTPStatus.FORBIDDEN, "identity")
            return found
        if token is not None:
            claims = self._site.signer.claims(token, now, ("access", "renew")) if isinstance(token, str) else None
            if claims is None:
                raise HttpRejection(HTTPStatus.UNAUTHORIZED, "token")
            return claims.who
        return Visitor(anonymous(self._site.chance(_ID_BYTES)))


def look_of(settings: Settings) -> dict[str, Any]:
    """How the chat is to look and what it asks, without anything secret."""
    return {
        "title": settings.title,
        "greeting": settings.greeting,
        "color": settings.color,
        "position": settings.position,
        "avatar": settings.avatar is not None,
        "language": settings.language,
        "theme": settings.theme,
        "ask": [{"field": one.field, "required": one.required} for one in settings.questions],
        "policy": settings.policy_url,
        "upload_limit": settings.upload_limit,
        "text_limit": frames.TEXT_LIMIT,
    }
