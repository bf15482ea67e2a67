"""Whose request it is: what a stranger writes into a header is believed by nobody."""

from ipaddress import ip_network

import pytest

from gateway.connectors.runtime.client_addresses import address_of

PROXIES = [ip_network(one) for one in ("127.0.0.1", "10.0.0.0/8", "::1", "fd00::/8")]
VISITOR = "203.0.113.7"


@pytest.mark.parametrize(
    ("peer", "forwarded", "address"),
    [
        # No proxy of ours: the header is a stranger's.
        (VISITOR, [], VISITOR),
        (VISITOR, ["198.51.100.1"], VISITOR),
        (VISITOR, ["127.0.0.1, 10.0.0.1"], VISITOR),
        # One of ours: what it added last is true, what stands before it is not.
        ("127.0.0.1", [VISITOR], VISITOR),
        ("127.0.0.1", [f"198.51.100.1, {VISITOR}"], VISITOR),
        ("127.0.0.1", [f"10.0.0.1, {VISITOR}"], VISITOR),
        ("127.0.0.1", [f"unknown, \x00, <script>, {VISITOR}"], VISITOR),
        # Two of ours.
        ("127.0.0.1", [f"198.51.100.1, {VISITOR}, 10.1.2.3"], VISITOR),
        ("::1", [f"{VISITOR},fd00::5"], VISITOR),
        # Several headers are one list, in their order.
        ("127.0.0.1", ["198.51.100.1", VISITOR], VISITOR),
        ("127.0.0.1", [VISITOR, "10.0.0.2"], VISITOR),
        # A proxy that says nothing we can read, or nothing at all, is itself the nearest that is known.
        ("127.0.0.1", [], "127.0.0.1"),
        ("127.0.0.1", [""], "127.0.0.1"),
        ("127.0.0.1", [f"{VISITOR}, unknown"], "127.0.0.1"),
        ("127.0.0.1", [f"{VISITOR}, 10.0.0.300"], "127.0.0.1"),
        ("127.0.0.1", [f"{VISITOR}, _hidden, 10.0.0.2"], "10.0.0.2"),
        ("127.0.0.1", [f"{VISITOR},"], "127.0.0.1"),
        # Only ours all the way: somebody inside.
        ("127.0.0.1", ["10.0.0.9, 10.0.0.2"], "10.0.0.9"),
        # Every spelling is one address.
        ("::ffff:203.0.113.7", [], VISITOR),
        ("::ffff:127.0.0.1", [VISITOR], VISITOR),
        ("127.0.0.1", ["::ffff:203.0.113.7"], VISITOR),
        ("127.0.0.1", [f" {VISITOR}:51234 "], VISITOR),
        ("127.0.0.1", ["[2001:DB8:0::1]:443"], "2001:db8::1"),
        ("127.0.0.1", ["[2001:db8::1]"], "2001:db8::1"),
        ("127.0.0.1", ["2001:0db8::0001"], "2001:db8::1"),
        ("fe80::1%eth0", [], "fe80::1"),
        # A Unix socket has no address.
        (None, [VISITOR], ""),
        ("", [VISITOR], ""),
    ],
)
def test_the_first_address_that_no_proxy_of_ours_has(peer: str | None, forwarded: list[str], address: str) -> None:
    assert address_of(peer, forwarded, PROXIES) == address


def test_without_trusted_proxies_no_header_is_believed() -> None:
    assert address_of("127.0.0.1", [VISITOR], []) == "127.0.0.1"
