"""The account's access token, by OAuth client_credentials: renewed ahead of its end, asked for once for everybody."""

import asyncio
import logging
from collections.abc import Callable
from time import monotonic
from urllib.parse import urlencode

from pydantic import SecretStr

from gateway.connectors.avito.answers import KEYS, SLOWER, wait_of
from gateway.connectors.toolkit.answers import REDIRECT, SERVER, TOO_MANY, is_success
from gateway.connectors.toolkit.http import Answer, HttpClient
from gateway.connectors.toolkit.values import positive, table
from gateway.connectors.toolkit.vendor_json import decoded
from gateway.errors import ChannelError, TryLater, Unauthorized, Uncertain

_FORM = {"Content-Type": "application/x-www-form-urlencoded"}
_AHEAD = 3600.0
"""Seconds before its end at which a token is renewed; a short-lived one at half its life."""
_AGAIN = 60.0
"""After a renewal that failed the old one goes on for so long before the next try."""
_USUAL_LIFE = 86400
_OK, _REDIRECT, _SERVER = 200, 300, 500
_REFUSED = frozenset({400, 401, 403})

log = logging.getLogger(__name__)


class Tokens:
    """Gives the token that is good now.

    Args:
        client_id: of the account's key.
        client_secret: beside it.
        api_url: where the API is.
        http: the account's client.
        clock: seconds that only grow.
    """

    def __init__(
        self,
        client_id: str,
        client_secret: SecretStr,
        api_url: str,
        http: HttpClient,
        *,
        clock: Callable[[], float] = monotonic,
    ) -> None:
        self._client_id = client_id
        self._client_secret = client_secret
        self._url = f"{api_url}/token"
        self._http = http
        self._clock = clock
        self._token = ""
        self._renew_at = self._ends_at = 0.0
        self._asking = asyncio.Lock()

    def __repr__(self) -> str:
        return "Tokens(Avito)"

    async def get(self) -> str:
        """The token.

        Raises:
            TryLater: it cannot be had at the moment. Unauthorized: the key is not accepted.
        """
        if self._clock() < self._renew_at:
            return self._token
        async with self._asking:
            if self._clock() < self._renew_at:
                return self._token
            try:
                await self._renew()
            except ChannelError as error:
                if not self._token or self._clock() >= self._ends_at:
                    raise
                # It is still good: a renewal ahead of time may fail.
                log.info("the token is not renewed yet: %s", error)
                self._renew_at = min(self._clock() + _AGAIN, self._ends_at)
            return self._token

    def forget(self, token: str) -> None:
        """Avito does not accept this one, whatever it had promised."""
        if token == self._token:
            self._token, self._renew_at, self._ends_at = "", 0.0, 0.0

    async def _renew(self) -> None:
        form = {
            "grant_type": "client_credentials",
            "client_id": self._client_id,
            "client_secret": self._client_secret.get_secret_value(),
        }
        asked = self._clock()
        try:
            answer = await self._http.request("POST", self._url, data=urlencode(form).encode(), headers=_FORM)
        except Uncertain as error:
            raise TryLater(str(error), after=0.0, everyone=True) from None
        token, life = _read(answer)
        self._token, self._ends_at = token, asked + life
        self._renew_at = self._ends_at - min(_AHEAD, life / 2)


def _read(answer: Answer) -> tuple[str, int]:
    said = table(decoded(answer.body))
    token = said.get("access_token")
    if is_success(answer.status) and isinstance(token, str) and token and token.isascii() and token.isprintable():
        return token, positive(said.get("expires_in")) or _USUAL_LIFE
    if answer.status == TOO_MANY:
        raise TryLater(SLOWER, after=wait_of(answer), everyone=True, limited=True)
    if "error" in said and (answer.status in _REFUSED or answer.status < REDIRECT):
        raise Unauthorized(KEYS)
    if answer.status >= SERVER:
        raise TryLater(f"Avito's server failed at giving a token ({answer.status})", after=0.0, everyone=True)
    problem = f"whoever stands at api_url answered {answer.status} when asked for a token, and it is not Avito's API"
    raise TryLater(problem, after=0.0, everyone=True)
