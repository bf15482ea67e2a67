"""Which sites may talk to a widget: what browsers send for the sites of the list gets in, and nothing else does."""

import pytest

from gateway.connectors.widget.origins import is_allowed, origin_of, rule_of

LIST = (
    "https://shop.example.com",
    "http://localhost:5173",
    "https://*.brand.example",
    "https://*.preview.example:8443",
    "https://Магазин.рф",
    "https://pay.example.org:443",
    "http://10.0.0.7:8080",
    "http://[2001:db8::1]:9000",
)
RULES = tuple(rule_of(one) for one in LIST)
OWN = "chat.example.net"

INSIDE = [
    "https://shop.example.com",
    "http://localhost:5173",
    "https://www.brand.example",
    "https://a.b.c.brand.example",
    "https://x-1.brand.example",
    "https://pr-7.preview.example:8443",
    "https://xn--80aairftm.xn--p1ai",
    "https://pay.example.org",
    "http://10.0.0.7:8080",
    "http://[2001:db8::1]:9000",
    "https://chat.example.net",
    "http://chat.example.net",
]

_SITE = "https://shop.example.com"
_EVIL = "evil.example"


def outside() -> list[str]:
    """Some two hundred Origins that are not of the list, however much they look like it."""
    found = ["", " ", "null", "NULL", "Null", "undefined", "*", "https://", "http://", "//", "://shop.example.com"]
    schemes = "http ws wss ftp file data blob javascript about chrome-extension moz-extension app capacitor ionic HTTPS"
    found += [f"{scheme}://shop.example.com" for scheme in schemes.split()]
    found += ["file://", "file:///", "file:///index.html", "data:text/html,x", "blob:https://shop.example.com/1"]
    found += ["https:shop.example.com", "https:/shop.example.com", "https:///shop.example.com", "shop.example.com"]
    found += [
        "https//shop.example.com",
        "https:\\\\shop.example.com",
        "//shop.example.com",
        "https://shop.example.com\\",
    ]
    # ports
    found += [
        f"{_SITE}:{port}" for port in ("443", "0", "80", "8443", "1", "65536", "99999", "443443", "", "-1", "4 43")
    ]
    found += [f"{_SITE}:443/", f"{_SITE}:٤٤٣", f"{_SITE}:0443", f"{_SITE}:443:443", f"{_SITE}:https"]
    found += ["http://localhost", "http://localhost:5174", "http://localhost:05173", "https://localhost:5173"]
    found += ["http://127.0.0.1:5173", "http://localhost.:5173", "http://localhost:51730", "http://localhost:517"]
    # paths, queries, users
    ends = ["/", "/.", "/x", "?", "?x", "#", "#x", ";", "@", ",", "%00", "%20", "%2e", "\x00", "\n", "\r\n", "\t", " "]
    found += [f"{_SITE}{end}" for end in ends]
    found += [
        f"{begin}{_SITE}" for begin in (" ", "\t", "\n", "\x00", "\ufeff", "\u200b", "x", "https://", "view-source:")
    ]
    for user in ("user@", "user:pass@", "@", ":@", "shop.example.com@", "https%3A@", "shop.example.com:443@"):
        found += [f"https://{user}shop.example.com", f"https://{user}{_EVIL}"]
    found += [
        f"{_SITE}@{_EVIL}",
        f"{_SITE}:443@{_EVIL}",
        f"{_SITE}#@{_EVIL}",
        f"{_SITE}?@{_EVIL}",
        f"{_SITE}\\@{_EVIL}",
    ]
    # suffixes, prefixes, neighbours
    found += [f"https://shop.example.com.{_EVIL}", f"https://{_EVIL}/shop.example.com", f"https://{_EVIL}"]
    found += ["https://shop.example.com.", "https://shop.example.com..", "https://.shop.example.com"]
    found += [
        "https://xshop.example.com",
        "https://x.shop.example.com",
        "https://shop.example.comx",
        "https://example.com",
    ]
    found += [
        "https://shop.example",
        "https://shop.example.co",
        "https://shop-example.com",
        "https://shop.example.com-x",
    ]
    found += [
        "https://shop..example.com",
        "https://shop.example..com",
        "https://shopXexample.com",
        "https://shop_example.com",
    ]
    found += [
        "https://*.shop.example.com",
        "https://*",
        "https://*.example.com",
        "https://shop.*.com",
        "https://shop.example.*",
    ]
    # case
    found += [
        "https://Shop.example.com",
        "https://SHOP.EXAMPLE.COM",
        "Https://shop.example.com",
        "hTTps://shop.example.com",
    ]
    found += ["https://WWW.brand.example", "https://www.BRAND.example"]
    # below the wildcard
    wild = "brand.example"
    found += [f"https://{wild}", f"http://www.{wild}", f"https://www.{wild}:8443", f"https://www.{wild}."]
    found += [f"https://.{wild}", f"https://..{wild}", f"https://*.{wild}", f"https://www..{wild}", f"https://-.{wild}"]
    found += [f"https://www{wild}", f"https://www-{wild}", f"https://www.{wild}.{_EVIL}", f"https://www.x{wild}"]
    found += [
        f"https://{_EVIL}/.{wild}",
        f"https://{_EVIL}?.{wild}",
        f"https://{_EVIL}#.{wild}",
        f"https://{_EVIL}\\.{wild}",
    ]
    found += [f"https://{_EVIL}@www.{wild}", f"https://www.{wild}@{_EVIL}", f"https://{_EVIL}:443.{wild}"]
    found += [
        f"https://{_EVIL}%2f.{wild}",
        f"https://{_EVIL}%00.{wild}",
        f"https://{_EVIL} .{wild}",
        f"https://{_EVIL}\n.{wild}",
    ]
    found += [f"https://-x.{wild}", f"https://x-.{wild}", f"https://{'a' * 64}.{wild}", f"https://{'a.' * 150}{wild}"]
    found += ["https://www.preview.example", "https://www.preview.example:443", "https://www.preview.example:8444"]
    found += ["https://preview.example:8443", "http://www.preview.example:8443", "https://www.preview.example:84430"]
    # unicode
    found += ["https://магазин.рф", "https://Магазин.рф", "https://shор.example.com", "https://ѕhop.example.com"]
    found += [
        "https://shop。example。com",
        "https://shop．example．com",
        "https://shop.example.cоm",
        "https://ｓhop.example.com",
    ]
    found += ["https://sh\u00adop.example.com", "https://shop\u200d.example.com", "https://shop.example.com\u2028"]
    found += ["https://www.brаnd.example", "https://ẇww.brand.example", "https://www.brand.examplе"]
    found += ["https://xn--shp-0na.example.com", "https://XN--80AAIRFTM.XN--P1AI", "https://xn--80aairftm.рф"]
    # addresses
    found += [
        "http://10.0.0.7",
        "http://10.0.0.8:8080",
        "http://10.0.7:8080",
        "http://0x0a000007:8080",
        "http://167772167:8080",
    ]
    found += [
        "http://010.0.0.7:8080",
        "http://[::ffff:10.0.0.7]:8080",
        "https://10.0.0.7:8080",
        "http://10.0.0.7.:8080",
    ]
    found += [
        "http://[2001:db8::1]",
        "http://[2001:db8::2]:9000",
        "http://[2001:DB8::1]:9000",
        "http://2001:db8::1:9000",
    ]
    found += [
        "http://[2001:db8:0::1]:9000",
        "http://[2001:db8::1%25lo]:9000",
        "http://[2001:db8::1]:9000]",
        "http://[]:9000",
    ]
    # several at once
    found += [
        f"{_SITE} {_SITE}",
        f"{_SITE},{_SITE}",
        f"{_SITE}, https://{_EVIL}",
        f"https://{_EVIL} {_SITE}",
        f"{_SITE} null",
    ]
    # our own page
    found += [
        "https://chat.example.net:8443",
        "https://x.chat.example.net",
        "https://chat.example.net.",
        "ws://chat.example.net",
    ]
    found += ["https://chat.example.net@evil.example", "https://CHAT.example.net", "https://chat.example.net:443"]
    return found


@pytest.mark.parametrize("origin", INSIDE)
def test_a_site_of_the_list_gets_in(origin: str) -> None:
    assert is_allowed([origin], RULES, OWN)


def test_two_hundred_others_do_not() -> None:
    tried = outside()
    assert len(set(tried)) >= 200
    assert [one for one in tried if is_allowed([one], RULES, OWN)] == []


def test_it_is_one_header_and_not_none_or_two() -> None:
    assert not is_allowed([], RULES, OWN)
    assert not is_allowed([INSIDE[0], INSIDE[0]], RULES, OWN)
    assert not is_allowed([INSIDE[0], "https://evil.example"], RULES, OWN)


@pytest.mark.parametrize(
    ("host", "origin", "is_own"),
    [
        ("chat.example.net:8081", "http://chat.example.net:8081", True),
        ("chat.example.net:443", "https://chat.example.net", True),
        ("chat.example.net", "http://chat.example.net:8081", False),
        ("", "http://", False),
        ("", "https://chat.example.net", False),
        ("[::1]:8081", "http://[::1]:8081", True),
    ],
)
def test_our_own_page_is_known_by_the_requests_host(host: str, origin: str, is_own: bool) -> None:
    assert is_allowed([origin], (), host) is is_own


@pytest.mark.parametrize(
    ("written", "compared"),
    [
        ("https://Shop.Example.com/", "https://shop.example.com"),
        (" https://shop.example.com:443 ", "https://shop.example.com"),
        ("http://shop.example.com:80", "http://shop.example.com"),
        ("https://*.Example.com", "https://*.example.com"),
        ("https://*.example.com:8443", "https://*.example.com:8443"),
        ("https://магазин.рф", "https://xn--80aairftm.xn--p1ai"),
        ("http://[2001:DB8::1]:9000", "http://[2001:db8::1]:9000"),
    ],
)
def test_a_setting_is_compared_as_browsers_write_it(written: str, compared: str) -> None:
    assert rule_of(written) == compared


@pytest.mark.parametrize(
    "written",
    ["", "*", "null", "shop.example.com", "https://", "https://*", "https://*.com", "https://*.*.example.com", "ftp://a.b",
     "https://shop.example.com/path", "https://user@shop.example.com", "https://shop.example.com?x", "https://*.10.0.0.7",
     "https://shop.example.com#x", "https://sh op.example.com", "https://shop.example.com; script-src *", "https://a'b.c",
     "https://shop.example.com:0", "https://shop.example.com:99999", "https://shop.*.com", "file:///", "https://[x]"],
)  # fmt: skip
def test_what_is_no_origin_is_told_with_what_to_write(written: str) -> None:
    with pytest.raises(ValueError, match=r"https://\*\.example\.com"):
        rule_of(written)


def test_the_origin_of_a_referer() -> None:
    assert origin_of("http://chat.example.net:8081/widget/site/?x") == "http://chat.example.net:8081"
    assert origin_of("https://evil.example@chat.example.net/") is None
    assert origin_of("about:blank") is None
    assert origin_of("") is None
