"""Whose request it is, by network address. PURE: a header is believed only as far as trusted proxies wrote it.

Everything to the left of the first address that is not a trusted proxy's was said by a stranger and is not read.
"""

from collections.abc import Iterable, Sequence
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address

Network = IPv4Network | IPv6Network
Address = IPv4Address | IPv6Address


def address_of(peer: str | None, forwarded: Iterable[str], trusted: Sequence[Network]) -> str:
    """The client's address, in its one usual spelling.

    Args:
        peer: the connection's other end; None where it has no address (a Unix socket): then "" is the answer.
        forwarded: the values of all X-Forwarded-For headers, in their order.
        trusted: proxies whose X-Forwarded-For is believed.
    """
    nearest = _address(peer or "")
    if nearest is None:
        return ""
    hops = [hop for value in forwarded for hop in value.split(",")]
    while hops and _is_trusted(nearest, trusted):
        further = _address(hops.pop())
        if further is None:
            break
        nearest = further
    return str(nearest)


def _is_trusted(address: Address, trusted: Sequence[Network]) -> bool:
    return any(address in network for network in trusted)


def _address(hop: str) -> Address | None:
    """An address as proxies write it: bare, in brackets, with a port."""
    text = hop.strip()
    if text.startswith("["):
        text = text[1:].partition("]")[0]
    elif text.count(":") == 1:
        text = text.partition(":")[0]
    try:
        found = ip_address(text.partition("%")[0])
    except ValueError:
        return None
    if isinstance(found, IPv6Address) and found.ipv4_mapped is not None:
        return found.ipv4_mapped
    return found
