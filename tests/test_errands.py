"""What `gateway check` says of a Meta app, whose webhook somebody enters by hand."""

from pathlib import Path

import pytest

from gateway.connectors.registry import channel
from gateway.errands import Finding, check_app
from gateway.settings import load

APP = """
public_url = "https://chat.example.com/"

[operator_bot]
token = "111111:secret-of-the-operators-bot-000000"

[apps.shop]
secret = "0f1e2d3c4b5a69788796a5b4c3d2e1f0"
verify_token = "a word"
"""
ACCOUNT = """
[lines.sales.accounts.shop_whatsapp]
channel = "whatsapp"
app = "shop"
token = "EAAG0FixtureTokenThatWasNeverIssued0123456789"
phone_number_id = 106540352242922
waba_id = "102290129340398"
"""


@pytest.mark.parametrize(
    ("accounts", "state", "detail"),
    [
        (ACCOUNT, "ok", "its webhook's address: https://chat.example.com/hooks/meta/shop"),
        ("", "warning", "no account refers to it"),
    ],
)
def test_an_app_says_which_address_to_enter(tmp_path: Path, accounts: str, state: str, detail: str) -> None:
    file = tmp_path / "gateway.toml"
    file.write_text(APP + accounts, encoding="utf-8")
    found = check_app(load(file, {}, lambda name: channel(name).Settings), "shop")
    assert isinstance(found, Finding)
    assert (found.subject, found.state) == ("apps.shop", state)
    assert detail in found.detail
