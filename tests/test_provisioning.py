"""Settings become commands once; what would strand open dialogs is refused with what to do."""

import pytest

from gateway import provisioning
from gateway.bootstrap import Infrastructure
from gateway.connectors.registry import channel
from gateway.errors import SettingsError
from gateway.model.codec import decode, encode
from gateway.model.commands import ConfigureAdmin, ConfigureLine, Entry, Role
from gateway.model.state import Dialog, Line, Operator
from gateway.settings import load

ENVIRONMENT = {
    "GATEWAY_OPERATOR_BOT__TOKEN": "7000000002:AAexample-of-a-token-for-the-tests-02",
    "GATEWAY_OPERATOR_BOT__ADMINS": "[501]",
    "GATEWAY_LINES__SALES__TITLE": "Продажи",
    "GATEWAY_LINES__SALES__ACCOUNTS__SHOP__CHANNEL": "telegram",
    "GATEWAY_LINES__SALES__ACCOUNTS__SHOP__TOKEN": "7000000001:AAexample-of-a-token-for-the-tests-01",
}


@pytest.fixture
def settings(tmp_path):
    return lambda **more: load(tmp_path / "no.toml", {**ENVIRONMENT, **more}, lambda name: channel(name).Settings)


@pytest.fixture
def here(store, intake):
    return Infrastructure(store, intake, is_ours=True)


async def offered(store):
    found = await store.ask("XRANGE", store.keys.staff, "-", "+")
    return [decode(fields[b"p"], Entry).command for _, fields in found]


async def test_lines_and_admins_of_the_settings_are_offered_once(store, here, settings):
    await provisioning.provision(settings(), here)
    assert await offered(store) == [
        ConfigureLine(line="sales", title="Продажи", auto_close_ms=240 * 60_000, quiet_ms=60_000),
        ConfigureAdmin(operator="501"),
    ]


async def test_what_is_there_already_is_not_offered_again_and_a_difference_is_told(store, here, settings, caplog):
    line = Line(id="sales", title="Магазин", auto_close_ms=1, quiet_ms=2)
    admin = Operator(id="501", name="Анна", role=Role.ADMIN, listed=True)
    await store.note(
        [
            ("HSET", store.keys.lines, "sales", encode(line)),
            ("HSET", store.keys.people, "501", encode(admin)),
        ]
    )
    await provisioning.provision(settings(), here)
    assert await offered(store) == []
    assert "gateway line apply sales" in caplog.text


@pytest.mark.parametrize("owner", [None, "501"])
async def test_an_account_with_open_dialogs_may_not_vanish_from_the_settings(store, here, settings, owner):
    dialog = Dialog(id="7", line="sales", account="old_shop", contact="9", client="Мария", opened_at=1, owner=owner)
    admin = Operator(id="501", name="Анна", role=Role.ADMIN, dialogs=("7",) if owner else ())
    await store.note(
        [
            ("SET", store.keys.dialog("7"), encode(dialog)),
            ("HSET", store.keys.people, "501", encode(admin)),
            *([] if owner else [("ZADD", store.keys.waiting, 1, "7")]),
        ]
    )
    with pytest.raises(SettingsError, match=r"lines\.sales\.accounts\.old_shop .* 1 open dialogs: put it back"):
        await provisioning.provision(settings(), here)
    assert await offered(store) == []


async def test_a_line_with_open_dialogs_may_not_vanish_either(store, here, settings):
    dialog = Dialog(id="7", line="service", account="shop", contact="9", client="Мария", opened_at=1)
    await store.note([("SET", store.keys.dialog("7"), encode(dialog)), ("ZADD", store.keys.waiting, 1, "7")])
    with pytest.raises(SettingsError, match=r"lines\.service is gone"):
        await provisioning.provision(settings(), here)


def test_a_line_that_is_not_there_is_named(settings):
    with pytest.raises(SettingsError, match="there is no line service in the settings; there are sales"):
        provisioning.line_command(settings(), "service")
