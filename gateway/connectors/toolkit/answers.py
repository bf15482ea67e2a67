"""What an answer means that holds no words of the vendor's API: too many calls, a failure, somebody else. Pure.

What the API's own words mean is its channel's business, and so are the sentences.
"""

from gateway.connectors.toolkit.rates import unserved
from gateway.errors import ChannelError, TryLater

OK, REDIRECT, TOO_MANY, SERVER = 200, 300, 429, 500
"""HTTP's own borders: success ends before REDIRECT, and from SERVER on it was the server that failed."""


def is_success(status: int) -> bool:
    """Whether HTTP says that it was done."""
    return OK <= status < REDIRECT


def is_served(status: int) -> bool:
    """Whether asking again would give the same: neither too many calls nor a failure of the server."""
    return status < SERVER and status != TOO_MANY


def wordless(status: int, wait: float | None, *, slower: str, unclear: ChannelError, stranger: str) -> ChannelError:
    """An answer without words of the API.

    Args:
        status: HTTP's.
        wait: what its Retry-After asks for, in seconds.
        slower: the sentence where there were too many calls.
        unclear: where the call may have been done: it succeeded by HTTP's word, or the server failed.
        stranger: the sentence of a firewall or a wrong address: no API has seen the request.
    """
    if status == TOO_MANY:
        return unserved(slower, status, wait, everyone=True)
    if status < REDIRECT or status >= SERVER:
        return unclear
    return TryLater(stranger, after=0.0, everyone=True)
