"""Settings are loaded from real files under environments given as mappings; no value that was given is ever told."""

import re
from pathlib import Path

import pytest
from pydantic import BaseModel, SecretStr, field_validator

from gateway.connectors.avito import Settings as Avito
from gateway.connectors.instagram.settings import Settings as Instagram
from gateway.connectors.telegram.settings import Settings as Telegram
from gateway.connectors.vk.settings import Settings as Vk
from gateway.connectors.whatsapp.settings import Settings as WhatsApp
from gateway.connectors.widget.settings import Settings as Widget
from gateway.errors import SettingsError
from gateway.model.ids import AccountId, LineId
from gateway.settings import (
    STAFF,
    AppSettings,
    HttpSettings,
    LineSettings,
    OperatorBotSettings,
    Settings,
    load,
    variable,
)

EXAMPLE = Path(__file__).parents[1] / "gateway.example.toml"
OPERATORS = "111111:secret-of-operators-bot"
SHOP = "222222:secret-of-the-shop-bot"
URL = "https://chat.example.com"


class Numbered(BaseModel):
    """An account that comes through a Meta app."""

    token: SecretStr
    app: str
    number: int = 1

    @property
    def addresses(self) -> tuple[str, ...]:
        return (f"numbered:{self.number}", "numbered:all")


def channels(name: str) -> type[BaseModel]:
    known = {
        "avito": Avito,
        "instagram": Instagram,
        "telegram": Telegram,
        "vk": Vk,
        "whatsapp": WhatsApp,
        "widget": Widget,
        "numbered": Numbered,
    }
    return known[name]


REQUIRED = {"site": ("channel", "secret", "origins"), "shop_vk": ("channel", "token", "group_id"),
            "meta": ("secret", "verify_token"), "shop_ig": ("channel", "app", "token", "instagram_id"),
            "shop_whatsapp": ("channel", "app", "token", "phone_number_id", "waba_id"),
            "shop_avito": ("channel", "client_id", "client_secret")}  # fmt: skip
"""Accounts and apps that stand in the example as comments, and what they need."""


def example(*commented: str) -> str:
    """The example with those accounts taken in, and besides these settings of theirs, as regular expressions."""
    text = EXAMPLE.read_text(encoding="utf-8").replace('#secret = ""', f'#secret = "{"secret" * 6}"')
    text = text.replace('#token = ""', f'#token = "{"key" * 12}"').replace('#public_url = ""', f'public_url = "{URL}"')
    text = text.replace('#verify_token = ""', '#verify_token = "a word"')
    text = re.sub('#client_(id|secret) = ""', f'#client_\\1 = "{"key" * 12}"', text)
    shared, *blocks = re.split(r"^#(?=\[(?:lines\.sales\.accounts|apps)\.)", text, flags=re.MULTILINE)
    taken = [shared]
    for block in blocks:
        names = "|".join((*REQUIRED[block.partition("]")[0].rpartition(".")[2]], *commented))
        taken.append(re.sub(rf"^#(?=({names}) = )", "", block, flags=re.MULTILINE))
    return "".join(taken)


MINIMAL = f"""
[operator_bot]
token = "{OPERATORS}"
admins = [7, "8"]

[lines.sales]
title = "Продажи"

[lines.sales.accounts.shop]
channel = "telegram"
token = "{SHOP}"
"""


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "gateway.toml"


def given(file: Path, text: str, **environ: str) -> Settings:
    file.write_text(text, encoding="utf-8")
    return load(file, environ, channels)


def refusal(file: Path, text: str, **environ: str) -> str:
    file.write_text(text, encoding="utf-8")
    with pytest.raises(SettingsError) as caught:
        load(file, environ, channels)
    assert caught.value.__cause__ is None
    assert caught.value.__context__ is None, "a traceback would print what pydantic was given"
    return str(caught.value)


def with_line(text: str) -> str:
    """MINIMAL with something more in the shop's table, which is its last."""
    return MINIMAL + text


def with_app(name: str) -> str:
    """MINIMAL with an app, and an account of another line that comes through the app of this name."""
    app = "[apps.shop]\nsecret = 'secret-of-the-app'\nverify_token = 'word'\n"
    return MINIMAL + f"{app}[lines.help.accounts.number]\nchannel = 'numbered'\ntoken = 'secret too'\napp = '{name}'\n"


def test_a_file_alone_is_enough(file: Path) -> None:
    settings = given(file, MINIMAL)
    assert settings.admins == ("7", "8")
    assert settings.lines["sales"].title == "Продажи"
    (shop,) = settings.accounts()
    assert (shop.account, shop.line, shop.channel) == (AccountId("shop"), LineId("sales"), "telegram")
    assert isinstance(shop.settings, Telegram)
    assert shop.settings.token.get_secret_value() == SHOP
    bot = settings.operators_account()
    assert (bot.account, bot.line, bot.channel) == (STAFF, None, "telegram")


def test_the_environment_alone_is_enough(tmp_path: Path) -> None:
    settings = load(
        tmp_path / "there-is-none.toml",
        {
            "GATEWAY_OPERATOR_BOT__TOKEN": OPERATORS,
            "GATEWAY_OPERATOR_BOT__ADMINS": "7, 8",
            "GATEWAY_LINES__SALES__ACCOUNTS__SHOP__CHANNEL": "telegram",
            "GATEWAY_LINES__SALES__ACCOUNTS__SHOP__TOKEN": SHOP,
            "GATEWAY_LINES__SALES__ACCOUNTS__SHOP__PER_SECOND": "12.5",
            "GATEWAY_HTTP__PORT": "0",
            "HOME": "/nowhere",
        },
        channels,
    )
    assert settings.admins == ("7", "8")
    assert settings.http.port == 0
    (shop,) = settings.accounts()
    assert isinstance(shop.settings, Telegram)
    assert shop.settings.per_second == 12.5


@pytest.mark.parametrize(
    ("value", "admins"),
    [("7", ("7",)), ("7,8", ("7", "8")), ("[7, 8]", ("7", "8")), ('["7"]', ("7",)), ("", ())],
)
def test_admins_are_written_in_the_environment_as_people_would(file: Path, value: str, admins: tuple[str, ...]) -> None:
    assert given(file, MINIMAL, GATEWAY_OPERATOR_BOT__ADMINS=value).admins == admins


def test_the_environment_wins_and_merges_deeply(file: Path) -> None:
    settings = given(
        file,
        MINIMAL,
        GATEWAY_LINES__SALES__ACCOUNTS__SHOP__TOKEN="333333:another-secret-of-the-shop",
        GATEWAY_LINES__SALES__QUIET_SECONDS="5",
        GATEWAY_LANGUAGE="en",
    )
    (shop,) = settings.accounts()
    assert isinstance(shop.settings, Telegram)
    assert shop.settings.token.get_secret_value() == "333333:another-secret-of-the-shop"
    assert shop.channel == "telegram"
    assert (settings.lines["sales"].title, settings.lines["sales"].quiet_seconds) == ("Продажи", 5)
    assert settings.language == "en"


@pytest.mark.parametrize("zone", ["", "Europe/Moscow", "Asia/Vladivostok"])
def test_operators_times_are_of_the_zone_that_is_named(file: Path, zone: str) -> None:
    assert given(file, MINIMAL, GATEWAY_TIMEZONE=zone).timezone == zone


@pytest.mark.parametrize("zone", ["Moscow", "GMT+3", "../etc/passwd"])
def test_a_zone_that_nobody_knows_is_refused(file: Path, zone: str) -> None:
    with pytest.raises(SettingsError, match=r"timezone \(GATEWAY_TIMEZONE\): should be a time zone.s name"):
        given(file, MINIMAL, GATEWAY_TIMEZONE=zone)


def test_the_file_is_named_by_the_environment(file: Path) -> None:
    file.write_text(MINIMAL, encoding="utf-8")
    assert load(None, {"GATEWAY_CONFIG": str(file)}, channels).admins == ("7", "8")


def test_what_kubernetes_adds_beside_a_service_called_gateway_is_passed_over(file: Path) -> None:
    given(
        file,
        MINIMAL,
        GATEWAY_SERVICE_HOST="10.0.0.1",
        GATEWAY_SERVICE_PORT_HTTP="8081",
        GATEWAY_PORT="tcp://10.0.0.1:8081",
        GATEWAY_PORT_8081_TCP_ADDR="10.0.0.1",
    )


def test_no_secret_is_in_any_form_of_the_settings(file: Path) -> None:
    settings = given(
        file,
        MINIMAL,
        GATEWAY_REDIS_URL="redis://:secret-of-redis@redis:6379",
        GATEWAY_ARCHIVE_URL="postgresql+asyncpg://me:secret-of-archive@db/gateway",
    )
    forms = [
        repr(settings),
        str(settings),
        settings.model_dump_json(),
        repr(settings.model_dump()),
        repr(settings.accounts()),
        repr(settings.operators_account()),
        repr(settings.lines),
        f"{settings.__dict__['redis_url']}",
    ]
    assert [form for form in forms if "secret" in form.lower().replace("secretstr", "")] == []
    assert settings.redis_url.get_secret_value().startswith("redis://:secret")


def test_accounts_of_an_app_may_share_a_token_and_show_no_secret(file: Path) -> None:
    second = "[lines.help.accounts.second]\nchannel = 'numbered'\ntoken = 'secret too'\napp = 'shop'\nnumber = 2\n"
    settings = given(
        file, with_app("shop") + second, GATEWAY_PUBLIC_URL=URL, GATEWAY_APPS__SHOP__VERIFY_TOKEN="secret-word"
    )
    assert [one.account for one in settings.accounts()] == ["shop", "number", "second"]
    assert settings.apps["shop"].secret.get_secret_value() == "secret-of-the-app"
    assert settings.apps["shop"].verify_token.get_secret_value() == "secret-word"
    for form in (repr(settings.apps), settings.model_dump_json(), repr(settings.model_dump())):
        assert not re.search("secret-|secret too", form)


WRONG = {
    "no token for the operators' bot": (
        "",
        {},
        "operator_bot.token (GATEWAY_OPERATOR_BOT__TOKEN) is missing: make a bot for your operators at @BotFather",
    ),
    "no token of an account": (
        MINIMAL.replace(f'token = "{SHOP}"', ""),
        {},
        "lines.sales.accounts.shop.token (GATEWAY_LINES__SALES__ACCOUNTS__SHOP__TOKEN) is missing: set it in",
    ),
    "no channel": (
        MINIMAL.replace('channel = "telegram"', ""),
        {},
        "lines.sales.accounts.shop.channel (GATEWAY_LINES__SALES__ACCOUNTS__SHOP__CHANNEL) is missing",
    ),
    "an unknown channel": (MINIMAL.replace("telegram", "telegrm"), {}, "there is no such channel"),
    "an unknown setting of an account": (
        with_line("proxi = 'socks5://u:secret-of-proxy@h:1'"),
        {},
        (
            "there is no setting lines.sales.accounts.shop.proxi (GATEWAY_LINES__SALES__ACCOUNTS__SHOP__PROXI); "
            "did you mean proxy?"
        ),
    ),
    "an unknown setting of the operators' bot": (
        MINIMAL.replace("admins", "admin"),
        {},
        "there is no setting operator_bot.admin (GATEWAY_OPERATOR_BOT__ADMIN); did you mean admins?",
    ),
    "an unknown setting of a line": (
        MINIMAL.replace("title =", "titel ="),
        {},
        "there is no setting lines.sales.titel (GATEWAY_LINES__SALES__TITEL); did you mean title?",
    ),
    "an unknown setting at the top": (
        "redis_ulr = 'redis://:secret@h'\n" + MINIMAL,
        {},
        "there is no setting redis_ulr (GATEWAY_REDIS_ULR); did you mean redis_url?",
    ),
    "an unknown table": (
        "[htp]\nport = 1\n" + MINIMAL,
        {},
        "there is no setting htp (GATEWAY_HTP); did you mean http?",
    ),
    "an unknown setting of http": (
        "[http]\nprot = 1\n" + MINIMAL,
        {},
        "there is no setting http.prot (GATEWAY_HTTP__PROT); did you mean port?",
    ),
    "an unknown variable": (
        MINIMAL,
        {"GATEWAY_REDIS_ULR": "redis://:secret@h"},
        "there is no setting GATEWAY_REDIS_ULR; did you mean GATEWAY_REDIS_URL?",
    ),
    "a mistyped table in a variable": (
        MINIMAL,
        {"GATEWAY_LINE__SALES__ACCOUNTS__SHOP__TOKEN": "9:secret"},
        "did you mean GATEWAY_LINES__SALES__ACCOUNTS__SHOP__TOKEN?",
    ),
    "a plain setting taken for a table": (
        MINIMAL,
        {"GATEWAY_DESK__X": "secret"},
        "there is no setting GATEWAY_DESK__X",
    ),
    "a number that is none": (
        MINIMAL,
        {"GATEWAY_HTTP__PORT": "secret-port"},
        "http.port (GATEWAY_HTTP__PORT) should be a valid integer",
    ),
    "a port out of range": (MINIMAL, {"GATEWAY_HTTP__PORT": "70000"}, "should be less than or equal to 65535"),
    "a table in a variable that is no JSON": (MINIMAL, {"GATEWAY_HTTP": "secret {"}, "is no JSON"),
    "a choice that there is not": (MINIMAL, {"GATEWAY_LANGUAGE": "secret"}, "should be 'ru' or 'en'"),
    "a public address that is none": (
        MINIMAL,
        {"GATEWAY_PUBLIC_URL": "secret.example.com"},
        "public_url (GATEWAY_PUBLIC_URL): should be an address such as https://",
    ),
    "a webhook without a public address": (
        with_line("mode = 'webhook'"),
        {},
        (
            "lines.sales.accounts.shop.mode (GATEWAY_LINES__SALES__ACCOUNTS__SHOP__MODE) is webhook, "
            "but public_url (GATEWAY_PUBLIC_URL) is not set"
        ),
    ),
    "a token used by the operators' bot too": (
        MINIMAL.replace(SHOP, OPERATORS),
        {},
        "is the token of operator_bot.token too: each account needs its own bot",
    ),
    "a token used by two accounts": (
        with_line(f"[lines.help.accounts.desk]\nchannel = 'telegram'\ntoken = '{SHOP}'"),
        {},
        (
            "lines.help.accounts.desk.token (GATEWAY_LINES__HELP__ACCOUNTS__DESK__TOKEN) is the token of "
            "lines.sales.accounts.shop.token too"
        ),
    ),
    "an app that is not there": (
        with_app("shap"),
        {"GATEWAY_PUBLIC_URL": URL},
        "lines.help.accounts.number.app (GATEWAY_LINES__HELP__ACCOUNTS__NUMBER__APP) names an app that is not there",
    ),
    "an app without a public address": (with_app("shop"), {}, "but public_url (GATEWAY_PUBLIC_URL) is not"),
    "two accounts of an app with one number": (
        with_app("shop") + "[lines.help.accounts.second]\nchannel = 'numbered'\ntoken = 'secret too'\napp = 'shop'\n",
        {"GATEWAY_PUBLIC_URL": URL},
        "lines.help.accounts.second has the ids of lines.help.accounts.number",
    ),
    "an app without a secret": (
        MINIMAL + "[apps.shop]\nverify_token = 'secret word'",
        {},
        "apps.shop.secret (GATEWAY_APPS__SHOP__SECRET) is missing",
    ),
    "an app with an empty secret": (
        MINIMAL + "[apps.shop]\nverify_token = 'secret word'\nsecret = ''",
        {},
        "apps.shop.secret (GATEWAY_APPS__SHOP__SECRET): is empty",
    ),
    "an app's secret with a blank": (
        MINIMAL + "[apps.shop]\nverify_token = 'word'\nsecret = 'a secret '",
        {},
        "apps.shop.secret (GATEWAY_APPS__SHOP__SECRET): begins or ends with a blank",
    ),
    "an app's setting that is not there": (
        MINIMAL + "[apps.shop]\nverify_token = 'word'\nsecret = 'x'\ntokens = 'secret'",
        {},
        "there is no setting apps.shop.tokens (GATEWAY_APPS__SHOP__TOKENS)",
    ),
    "an app's name that could not stand in an address": (
        MINIMAL + "[apps.'sh/op']\nverify_token = 'word'\nsecret = 'x'",
        {},
        "a name here has 1 to 32 of a-z, 0-9, _ and -",
    ),
    "an account's name used in two lines": (
        with_line("[lines.help.accounts.shop]\nchannel = 'telegram'\ntoken = '5:secret-of-the-help-bot'"),
        {},
        "line sales has an account of the same name",
    ),
    "an account called staff": (
        MINIMAL.replace("accounts.shop", "accounts.staff"),
        {},
        "this name belongs to the operators' bot",
    ),
    "a line called staff": (MINIMAL.replace("lines.sales", "lines.staff"), {}, "this name belongs to"),
    "a name that could not be part of a key": (
        MINIMAL.replace("accounts.shop", 'accounts."Мой {магазин}"'),
        {},
        "a name here has 1 to 32 of a-z, 0-9, _ and -",
    ),
    "a name that the environment would split": (MINIMAL.replace(".sales", ".sa__les"), {}, "and no __"),
    "an account that is no table": (
        MINIMAL.split("[lines.sales.accounts", maxsplit=1)[0] + "accounts.shop = 'secret'",
        {},
        "lines.sales.accounts.shop (GATEWAY_LINES__SALES__ACCOUNTS__SHOP) should be a valid dictionary",
    ),
    "an admin by name": (
        MINIMAL.replace("[7,", "['@secret_anna',"),
        {},
        "operator_bot.admins (GATEWAY_OPERATOR_BOT__ADMINS): an admin is given by their Telegram id",
    ),
    "an account's value of a wrong kind": (
        with_line("chat_burst = 'secret many'"),
        {},
        "lines.sales.accounts.shop.chat_burst (GATEWAY_LINES__SALES__ACCOUNTS__SHOP__CHAT_BURST) should be a valid",
    ),
    "a trusted proxy by name": (
        MINIMAL,
        {"GATEWAY_HTTP__TRUSTED_PROXIES": "secret.example.com"},
        "http.trusted_proxies (GATEWAY_HTTP__TRUSTED_PROXIES): a proxy is given by its address or network",
    ),
    "a trusted network that is none": (MINIMAL, {"GATEWAY_HTTP__TRUSTED_PROXIES": "10.0.0.1/8"}, "10.0.0.0/8"),
    "a file that is no TOML": ("token = secret", {}, "is no TOML"),
}


@pytest.mark.parametrize("case", WRONG)
def test_what_is_wrong_is_told_by_name_and_never_by_value(file: Path, case: str) -> None:
    text, environ, sentence = WRONG[case]
    told = refusal(file, text, **environ)
    assert sentence in told
    assert "secret" not in told.replace("apps.shop.secret", "")
    assert OPERATORS not in told


@pytest.mark.parametrize(
    ("value", "networks"),
    [
        ("127.0.0.1", ["127.0.0.1/32"]),
        ("10.0.0.0/8, ::1", ["10.0.0.0/8", "::1/128"]),
        ("['fd00::/8']", ["fd00::/8"]),
        ("", []),
    ],
)
def test_trusted_proxies_are_addresses_and_networks(file: Path, value: str, networks: list[str]) -> None:
    settings = given(file, MINIMAL, GATEWAY_HTTP__TRUSTED_PROXIES=value)
    assert [str(one) for one in settings.http.trusted_proxies] == networks


def test_trusted_proxies_are_given_in_the_file_too(file: Path) -> None:
    settings = given(file, '[http]\ntrusted_proxies = ["10.0.0.0/8"]\n' + MINIMAL)
    assert [str(one) for one in settings.http.trusted_proxies] == ["10.0.0.0/8"]


def test_everything_wrong_is_told_at_once(file: Path) -> None:
    told = refusal(file, with_line("mode = 'webhook'\nproxi = 1"), GATEWAY_REDIS_ULR="x")
    assert len(told.splitlines()) == 2
    told = refusal(file, with_line("mode = 'webhook'\nchat_burst = 'x'").replace(OPERATORS, SHOP))
    assert "chat_burst" in told


def test_a_missing_file_is_named_where_something_is_missing(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match=r"there is no file .*absent\.toml"):
        load(tmp_path / "absent.toml", {}, channels)


def test_a_file_of_another_encoding_or_a_folder_is_a_sentence(file: Path, tmp_path: Path) -> None:
    file.write_bytes("title = 'Продажи'".encode("cp1251"))
    with pytest.raises(SettingsError, match="is not UTF-8"):
        load(file, {}, channels)
    with pytest.raises(SettingsError, match=r"operator_bot\.token"):
        load(tmp_path, {}, channels)


def test_a_quote_of_the_value_by_a_channels_own_validator_is_blotted_out(file: Path) -> None:
    class EntryNotifier(BaseModel):
        token: str

        @field_validator("token")
        @classmethod
        def refuse(cls, given: str) -> str:
            raise ValueError(f"{given} is not a token")

    file.write_text(MINIMAL, encoding="utf-8")
    with pytest.raises(SettingsError) as caught:
        load(file, {}, lambda _: EntryNotifier)
    assert "… is not a token" in str(caught.value)
    assert "secret" not in str(caught.value)


def test_a_key_of_avito_is_for_one_account(file: Path) -> None:
    table = "channel = 'avito'\nclient_id = 'of-both'\nclient_secret = 'value-of-both'\n"
    accounts = (f"\n[lines.{line}.accounts.{line}_avito]\n{table}" for line in ("help", "more"))
    told = refusal(file, with_line("".join(accounts)))
    wanted = "is the client_secret of lines.help.accounts.help_avito.client_secret too: each account needs its own key"
    assert wanted in told
    assert "value-of-both" not in told


def test_the_example_loads_as_it_stands(file: Path) -> None:
    settings = load(EXAMPLE, {}, channels)
    assert [one.account for one in settings.accounts()] == ["shop"]


def test_the_examples_widget_has_no_secret_that_everybody_could_read(file: Path) -> None:
    told = refusal(file, example().replace("secret" * 6, "", 1))
    assert "lines.sales.accounts.site.secret" in told


def test_the_examples_commented_settings_are_the_defaults(file: Path) -> None:
    bare = given(file, example())
    full = given(file, re.sub(r"^#(?=[a-z_]+ = )", "", example("[a-z_]+"), flags=re.MULTILINE))
    accounts = ["shop", "site", "shop_vk", "shop_whatsapp", "shop_ig", "shop_avito"]
    assert [one.account for one in full.accounts()] == accounts
    assert full.model_dump() == bare.model_dump()
    assert [one.settings for one in full.accounts()] == [one.settings for one in bare.accounts()]


def test_every_setting_stands_in_the_example_with_its_variable() -> None:
    text = EXAMPLE.read_text(encoding="utf-8")
    shop = ("lines", "sales", "accounts", "shop")
    places = [
        *[(name,) for name in Settings.model_fields if name not in {"http", "operator_bot", "apps", "lines"}],
        *[("http", name) for name in HttpSettings.model_fields],
        *[("apps", "meta", name) for name in AppSettings.model_fields],
        *[("operator_bot", name) for name in (*OperatorBotSettings.model_fields, "token")],
        *[("lines", "sales", name) for name in LineSettings.model_fields if name != "accounts"],
        *[(*shop, name) for name in ("channel", *Telegram.model_fields)],
        *[("lines", "sales", "accounts", "site", name) for name in ("channel", *Widget.model_fields)],
        *[("lines", "sales", "accounts", "shop_vk", name) for name in ("channel", *Vk.model_fields)],
        *[("lines", "sales", "accounts", "shop_whatsapp", name) for name in ("channel", *WhatsApp.model_fields)],
        *[("lines", "sales", "accounts", "shop_ig", name) for name in ("channel", *Instagram.model_fields)],
        *[("lines", "sales", "accounts", "shop_avito", name) for name in ("channel", *Avito.model_fields)],
    ]
    absent = [place for place in places if not re.search(rf"\b{variable(place)}\b", text)]
    unset = [place for place in places if not re.search(rf"^#?{place[-1]} = ", text, flags=re.MULTILINE)]
    assert (absent, unset) == ([], [])
