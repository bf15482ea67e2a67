"""Who a visitor is: tokens of ours and signatures of the site. What is forged in any way is nobody."""

import base64
import hashlib
import hmac
import json
import string
from typing import Any

from gateway.connectors.widget.tokens import (
    ACCESS_SECONDS,
    IDENTIFIED_RENEW_SECONDS,
    RENEW_SECONDS,
    TokenSigner,
    Visitor,
    anonymous,
    identify,
)
from gateway.model.ids import AccountId, ContactId

SECRET = "a secret of the tests, long enough"
IDENTITY = "another one, for the site's server"
ACCOUNT = AccountId("site")
NOW = 1_790_000_000
ANNA = Visitor(anonymous(bytes(range(16))), None, "ru")
KNOWN = Visitor(ContactId("u-abc"), "17", None)
SIGNER = TokenSigner(SECRET, ACCOUNT)


def signed(text: str, secret: str = IDENTITY) -> str:
    return hmac.new(secret.encode(), text.encode(), hashlib.sha256).hexdigest()


def test_a_token_says_who_it_was_given_to_until_it_ends() -> None:
    token, expires = SIGNER.token(ANNA, "access", NOW, "n1")
    assert expires == NOW + ACCESS_SECONDS
    found = SIGNER.claims(token, expires - 1)
    assert found is not None
    assert found.who == ANNA
    assert SIGNER.claims(token, expires) is None
    assert token.isascii()
    assert token.count(".") == 2


def test_a_token_is_as_the_protocol_says() -> None:
    version, payload, _ = SIGNER.token(ANNA, "renew", NOW, "n1")[0].split(".")
    assert version == "w1"
    said = json.loads(base64.urlsafe_b64decode(payload + "=="))
    assert {name: said[name] for name in "avten"} == {
        "a": "site", "v": ANNA.visitor, "t": "renew", "e": NOW + RENEW_SECONDS, "n": "n1"
    }  # fmt: skip


def test_only_the_session_takes_a_token_that_renews() -> None:
    token, _ = SIGNER.token(ANNA, "renew", NOW, "n1")
    assert SIGNER.claims(token, NOW) is None
    assert SIGNER.claims(token, NOW, ("access", "renew")) is not None


def test_a_user_of_the_site_is_renewed_for_a_day_only() -> None:
    assert SIGNER.token(KNOWN, "renew", NOW, "n")[1] == NOW + IDENTIFIED_RENEW_SECONDS


def test_no_forged_token_opens_anything() -> None:
    token, _ = SIGNER.token(ANNA, "access", NOW, "n1")
    head, payload, mac = token.split(".")
    said = json.loads(base64.urlsafe_b64decode(payload + "=="))
    forged = [
        "",
        ".",
        "..",
        "w1..",
        "w1.e30.",
        token[:-1],
        token + "A",
        token + "=",
        f" {token}",
        token.upper(),
        f"w2.{payload}.{mac}",
    ]
    forged += [
        f"{head}.{payload}",
        f"{head}.{payload}.{mac}.{mac}",
        f"{payload}.{mac}",
        "\ud800",
        "ж" * 40,
        "A" * 5000,
        f"{token}\n",
    ]
    # every single sign of it changed
    signs = string.ascii_letters + string.digits + "-_"
    for at, sign in enumerate(token):
        if sign != ".":
            forged.append(token[:at] + signs[(signs.index(sign) + 1) % len(signs)] + token[at + 1 :])
    # another content under the old signature, under none, and under those of other keys
    others: list[dict[str, Any]] = [
        {**said, "v": "v-other"},
        {**said, "e": NOW * 2},
        {**said, "t": "renew"},
        {**said, "a": "shop"},
        {},
    ]
    for other in others:
        text = base64.urlsafe_b64encode(json.dumps(other).encode()).rstrip(b"=").decode()
        for key in (b"", SECRET.encode(), b"widget token", IDENTITY.encode()):
            digest = hmac.digest(key, f"w1.{text}".encode(), "sha256") if key else b""
            forged.append(f"w1.{text}.{base64.urlsafe_b64encode(digest).rstrip(b'=').decode()}")
        forged.append(f"w1.{text}.{mac}")
    forged.append(TokenSigner("a different secret, as long as it", ACCOUNT).token(ANNA, "access", NOW, "n")[0])
    forged.append(TokenSigner(SECRET, AccountId("shop")).token(ANNA, "access", NOW, "n")[0])
    forged.append(SIGNER.upload(ANNA.visitor, {}))
    assert len(forged) > 200
    assert [one for one in forged if SIGNER.claims(one, NOW, ("access", "renew")) is not None] == []


def test_a_grant_is_for_one_visitor_and_one_file() -> None:
    grant = SIGNER.grant(ANNA.visitor, "12.3.0")
    assert len(grant) == 22
    assert SIGNER.is_granted(ANNA.visitor, "12.3.0", grant)
    for visitor, file, shown in (
        (KNOWN.visitor, "12.3.0", grant),
        (ANNA.visitor, "12.3.1", grant),
        (ANNA.visitor, "12.3.0", grant[:-1]),
        (ANNA.visitor, "12.3.0", ""),
        (ANNA.visitor, "12.3.0", "ж\ud800"),
        (ANNA.visitor, "12.3.0", TokenSigner(SECRET, AccountId("shop")).grant(ANNA.visitor, "12.3.0")),
    ):
        assert not SIGNER.is_granted(visitor, file, shown)


def test_a_handle_of_an_upload_is_its_visitors_only() -> None:
    handle = SIGNER.upload(ANNA.visitor, {"remote": "x"})
    assert SIGNER.uploaded(ANNA.visitor, handle) == {"remote": "x"}
    assert SIGNER.uploaded(KNOWN.visitor, handle) is None
    assert TokenSigner(SECRET, AccountId("shop")).uploaded(ANNA.visitor, handle) is None
    assert SIGNER.uploaded(ANNA.visitor, f"{handle}x") is None
    assert SIGNER.uploaded(ANNA.visitor, SIGNER.token(ANNA, "access", NOW, "n")[0]) is None


def test_a_signed_user_is_the_same_visitor_each_time() -> None:
    found = identify(IDENTITY, ACCOUNT, {"id": "17", "signature": signed("17")}, NOW)
    digest = hashlib.sha256(b"site\n17").digest()
    assert found == Visitor(ContactId("u-" + base64.urlsafe_b64encode(digest).decode()[:22]), "17")
    assert identify(IDENTITY, ACCOUNT, {"id": 17, "signature": signed("17").upper(), "name": "x"}, NOW) == found
    until = {"id": "17", "until": NOW + 60, "signature": signed(f"17\n{NOW + 60}")}
    assert identify(IDENTITY, ACCOUNT, until, NOW) == found
    assert identify(IDENTITY, ACCOUNT, until, NOW + 60) is None
    other = identify(IDENTITY, AccountId("shop"), {"id": "17", "signature": signed("17")}, NOW)
    assert other is not None
    assert other.visitor != found.visitor


def test_no_forged_user_is_anybody() -> None:
    good, until = signed("17"), NOW + 60
    timed = signed(f"17\n{until}")
    forged: list[dict[str, Any]] = [
        {}, {"id": "17"}, {"signature": good}, {"id": "17", "signature": ""}, {"id": "17", "signature": None},
        {"id": "18", "signature": good}, {"id": "17 ", "signature": good}, {"id": " 17", "signature": good},
        {"id": "17", "signature": good[:-1]}, {"id": "17", "signature": good + "0"},
        {"id": "17", "signature": f" {good}"},
        {"id": "17", "signature": good[::-1]}, {"id": "17", "signature": "0" * 64}, {"id": "17", "signature": [good]},
        {"id": "17", "signature": signed("17", SECRET)}, {"id": "17", "signature": signed("17", "")},
        {"id": "17", "signature": hashlib.sha256(b"17").hexdigest()},
        {"id": "17", "signature": hashlib.sha256(IDENTITY.encode() + b"17").hexdigest()},
        {"id": "17", "signature": good, "until": until}, {"id": "17", "signature": timed},
        {"id": "17", "signature": timed, "until": until + 1}, {"id": "17", "signature": timed, "until": str(until)},
        {"id": "17", "signature": timed, "until": float(until)}, {"id": "17", "signature": timed, "until": True},
        {"id": f"17\n{until}", "signature": timed}, {"id": "17\n", "signature": signed("17\n")},
        {"id": "", "signature": signed("")}, {"id": "x" * 129, "signature": signed("x" * 129)},
        {"id": "1\x007", "signature": signed("1\x007")}, {"id": "1\x7f7", "signature": signed("1\x7f7")},
        {"id": "\ud800", "signature": good}, {"id": True, "signature": signed("True")},
        {"id": ["17"], "signature": good},
        {"id": {"id": "17"}, "signature": good}, {"id": None, "signature": signed("None")},
        {"id": 17.0, "signature": good},
        {"id": "17", "signature": "ж" * 64}, {"id": "17", "signature": "\ud800"}, {"id": "17", "signature": bytes(32)},
    ]  # fmt: skip
    for at in range(64):
        forged.append({"id": "17", "signature": good[:at] + ("0" if good[at] != "0" else "1") + good[at + 1 :]})
    assert [one for one in forged if identify(IDENTITY, ACCOUNT, one, NOW) is not None] == []


def test_anonymous_visitors_have_128_bits() -> None:
    assert anonymous(b"\xff" * 16) == "v-" + "_" * 21 + "w"


def test_nothing_shows_the_keys() -> None:
    assert SECRET not in repr(SIGNER)
    assert repr(SIGNER) == "TokenSigner(site)"
