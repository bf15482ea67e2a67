import json
import logging
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from gateway import __version__, app
from gateway.cli import ROLES, Commands, main

ROOT = Path(__file__).resolve().parents[1]
TOKEN = "7000000001:AAExampleExampleExampleExampleExample"
UPDATE = {
    "update_id": 1,
    "message": {
        "message_id": 5,
        "date": 1700000000,
        "chat": {"id": 42, "type": "private", "first_name": "Мария"},
        "from": {"id": 42, "is_bot": False, "first_name": "Мария"},
        "text": "Привет",
    },
}


@pytest.fixture(autouse=True)
def _leaves_logging_as_it_was() -> Iterator[None]:
    root = logging.getLogger()
    handlers, level = list(root.handlers), root.level
    yield
    root.handlers[:] = handlers
    root.setLevel(level)
    logging.captureWarnings(capture=False)


def gateway(*arguments: str, body: bytes = b"", folder: Path = ROOT) -> Result:
    """The command with no settings but those in the folder."""
    environ: dict[str, str | None] = dict.fromkeys(name for name in os.environ if name.startswith("GATEWAY_"))
    environ["GATEWAY_CONFIG"] = str(folder / "gateway.toml")
    return CliRunner(env=environ).invoke(main, arguments, input=body, prog_name="gateway")


def items(done: Result) -> list[dict[str, object]]:
    assert done.exit_code == 0, done.stderr
    return [json.loads(line) for line in done.stdout.splitlines()]


def sentence(done: Result) -> str:
    """What a refusal says; never a traceback, and nothing on standard output."""
    assert done.exit_code == 1, done.stderr
    assert done.stdout == ""
    assert done.stderr.startswith("gateway: ")
    assert "Traceback" not in done.stderr
    return done.stderr


def test_it_runs_as_a_process_of_its_own(tmp_path: Path) -> None:
    environ = {"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT)}
    command = [sys.executable, "-m", "gateway", "parse", "telegraph"]
    done = subprocess.run(command, input=b"{}", capture_output=True, cwd=tmp_path, env=environ, timeout=60, check=False)
    assert done.returncode == 1
    assert done.stderr.startswith(b"gateway: there is no channel 'telegraph'")


def test_help_teaches() -> None:
    text = gateway("--help").stdout
    assert "gateway.example.toml" in text
    assert "make run" in text
    for name in main.commands:
        assert re.search(rf"^  {name} +\w.*\.$", text, re.MULTILINE), f"{name} is told in one whole sentence"


@pytest.mark.parametrize("name", sorted(main.commands))
def test_every_command_explains_itself(name: str) -> None:
    text = gateway(name, "--help").stdout
    assert len(text.splitlines()) > 8
    if name == "run":
        assert [role for role in ROLES if not re.search(rf"^  {role} ", text, re.MULTILINE)] == []


def test_every_role_can_be_named() -> None:
    assert app.ROLES == ROLES


def test_the_version_is_told() -> None:
    assert gateway("--version").stdout == f"gateway {__version__}\n"


def test_parse_gives_one_json_object_per_item() -> None:
    (found,) = items(gateway("parse", "telegram", body=json.dumps(UPDATE).encode()))
    assert found["item"] == {
        "type": "message",
        "contact": "42",
        "message": {"native": "5", "at": 1700000000000, "text": "Привет"},
        "profile": {"name": "Мария"},
    }


def test_parse_reads_an_answer_of_getupdates() -> None:
    body = {"ok": True, "result": [UPDATE, UPDATE | {"update_id": 2}]}
    assert len(items(gateway("parse", "telegram", body=json.dumps(body).encode()))) == 2


def test_parse_shows_what_it_does_not_know() -> None:
    (found,) = items(gateway("parse", "telegram", body=b'{"update_id": 2, "brand_new": {"x": 1}}'))
    assert "Unsupported" in json.dumps(found)


def test_parse_survives_half_a_surrogate_pair() -> None:
    body = json.dumps(UPDATE).replace(json.dumps("Привет"), r'"\ud83d!"').encode()
    (found,) = items(gateway("parse", "telegram", body=body))
    assert "!" in json.dumps(found["item"])


@pytest.mark.parametrize(
    ("body", "says"),
    [
        (b"", "empty"),
        (b"hello", "no JSON"),
        (b'{"update_id": 1,', "line 1, column"),
        (b'{"text": "\xff"}', "not UTF-8"),
        (b"[" * 200_000, "nested too deeply"),
        (b"[7]", "not what telegram sends"),
    ],
)
def test_parse_refuses_what_is_no_update_with_a_sentence(body: bytes, says: str) -> None:
    assert says in sentence(gateway("parse", "telegram", body=body))


def test_parse_names_the_channels_there_are() -> None:
    assert re.search(r"'telegraph'; this gateway knows .*telegram", sentence(gateway("parse", "telegraph")))


@pytest.mark.parametrize(
    "command",
    [("check",), ("run",), ("invite",), ("dead", "list"), ("dead", "replay", "1-0"), ("line", "apply", "sales")],
)
def test_missing_settings_are_a_sentence(command: tuple[str, ...], tmp_path: Path) -> None:
    assert "GATEWAY_OPERATOR_BOT__TOKEN" in sentence(gateway(*command, folder=tmp_path))


def test_a_refusal_does_not_repeat_a_token(tmp_path: Path) -> None:
    bot = f'token = "{TOKEN}"'
    shop = f'[lines.sales.accounts.shop]\nchannel = "telegram"\nmode = "x"\n{bot}'
    tmp_path.joinpath("gateway.toml").write_text(f"[operator_bot]\n{bot}\n{shop}\n", "utf-8")
    done = gateway("check", folder=tmp_path)
    assert "AAExample" not in sentence(done)


@pytest.mark.parametrize(
    "arguments",
    [
        ("run", "everything"),
        ("invite", "--role", "boss"),
        ("invite", "--hours", "0"),
        ("dead", "replay"),
        ("frobnicate",),
    ],
)
def test_a_wrong_argument_is_told_as_usual(arguments: tuple[str, ...]) -> None:
    done = gateway(*arguments)
    assert done.exit_code == 2
    assert done.stderr.startswith("Usage: ")


def test_a_fault_of_ours_is_logged_without_its_secrets(caplog: pytest.LogCaptureFixture) -> None:
    group = Commands("gateway")

    @group.command()
    def fail() -> None:
        raise RuntimeError(f"POST /bot{TOKEN}/getMe")

    done = CliRunner().invoke(group, ["fail"])
    assert done.exit_code == 1
    assert "AAExample" not in done.output
    assert "fault of the gateway" in caplog.text
