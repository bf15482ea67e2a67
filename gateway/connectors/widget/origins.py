"""Which sites may talk to an account. Pure; an Origin is compared as the text that browsers send, character by
character, and never taken apart leniently.
"""

from collections.abc import Sequence
from re import ASCII
from re import compile as pattern

from yarl import URL

_LABEL = r"[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?"
_HOST = rf"{_LABEL}(?:\.{_LABEL})*"
_ORIGIN = pattern(rf"(?P<scheme>https?)://(?P<host>{_HOST}|\[[0-9a-f:]{{2,39}}\])(?P<port>:[1-9][0-9]{{0,4}})?", ASCII)
_WILDCARD = "*."
_PORTS = {"http": 80, "https": 443}
_LONGEST = 300
_LEAST_LABELS = 2
_HIGHEST_PORT = 65535
_ADVICE = "write an origin as https://shop.example.com or, for all its subdomains, https://*.example.com"


def rule_of(text: str) -> str:
    """A setting as it is compared: lower case, punycode, without a default port.

    Raises:
        ValueError: a sentence about how to write it.
    """
    scheme, mark, rest = text.strip().rstrip("/").partition("://")
    wild = rest.startswith(_WILDCARD)
    try:
        url = URL(f"{scheme.lower()}://{rest.removeprefix(_WILDCARD)}")
        port, host = url.explicit_port, url.raw_host or ""
    except ValueError:
        raise ValueError(_ADVICE) from None
    if not mark or url.scheme not in _PORTS or url.user is not None or url.path not in {"", "/"} or url.query_string:
        raise ValueError(_ADVICE)
    shown = f"[{host}]" if ":" in host else host
    origin = f"{url.scheme}://{shown}" + (f":{port}" if port not in {None, _PORTS[url.scheme]} else "")
    if _read(origin) is None or url.fragment or rest.endswith((":", "?", "#")):
        raise ValueError(_ADVICE)
    if not wild:
        return origin
    if ":" in host or host.count(".") + 1 < _LEAST_LABELS or host.replace(".", "").isdigit():
        raise ValueError("a * stands for the subdomains of a domain of yours, as in https://*.example.com")
    return origin.replace("://", f"://{_WILDCARD}", 1)


def is_allowed(given: Sequence[str], rules: Sequence[str], own_host: str) -> bool:
    """Whether a request with these Origin headers may speak: exactly one, and of the list or of our own page.

    Args:
        given: the request's Origin headers as they came.
        rules: what `rule_of` made of the settings.
        own_host: the request's Host header; our own page is served there.
    """
    if len(given) != 1:
        return False
    found = _read(given[0])
    return found is not None and (given[0] in rules or _is_own(found, own_host) or _is_below(found, rules))


def origin_of(address: str) -> str | None:
    """The origin of an address such as a Referer; None: it has none."""
    scheme, mark, rest = address.partition("://")
    origin = f"{scheme}{mark}{rest.split('/', 1)[0]}"
    return origin if _read(origin) is not None else None


def _read(origin: str) -> tuple[str, str, str] | None:
    if len(origin) > _LONGEST:
        return None
    found = _ORIGIN.fullmatch(origin)
    if found is None:
        return None
    scheme, host, port = found["scheme"], found["host"], found["port"] or ""
    number = int(port[1:]) if port else 0
    if number > _HIGHEST_PORT or number == _PORTS[scheme]:
        # Browsers never write the default port: whoever does is none.
        return None
    return scheme, host, port


def _is_own(found: tuple[str, str, str], own_host: str) -> bool:
    scheme, host, port = found
    # A proxy that ends TLS leaves us in the dark about the scheme only.
    return own_host in {f"{host}{port}", f"{host}:{_PORTS[scheme]}" if not port else ""}


def _is_below(found: tuple[str, str, str], rules: Sequence[str]) -> bool:
    scheme, host, port = found
    for rule in rules:
        head, mark, domain = rule.partition(f"://{_WILDCARD}")
        if mark and head == scheme and f"{host}{port}".endswith(f".{domain}") and port == _port_of(domain):
            return True
    return False


def _port_of(domain: str) -> str:
    _, colon, port = domain.partition(":")
    return colon + port
