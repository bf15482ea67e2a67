"""The command line: reads arguments, calls the composition root, prints. It decides nothing.

What a person did wrong is one sentence and exit code 1; a traceback, always with its secrets hidden, means a fault of
ours. The composition root is imported by the commands that need it: with it come two seconds of libraries that
`--help` need not wait for.
"""

import asyncio
import json
import logging
import os
import sys
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path
from types import ModuleType
from typing import Any

import click
import uvloop
from pydantic import BaseModel, SecretStr

from gateway import __version__, logs
from gateway.errors import GatewayError
from gateway.model.codec import to_builtins
from gateway.model.commands import Role
from gateway.model.ids import LineId
from gateway.settings import Settings, load

log = logging.getLogger(__name__)

ROLES = ("web", "connectors", "router", "operator-bot", "archive")

HELP = """Open Lines Gateway: customers write from their messengers, your staff answers from Telegram.

\b
To begin:
  1. Make two bots with @BotFather: one that customers write to, one for your operators.
  2. Put their tokens into gateway.toml (gateway.example.toml explains every setting).
  3. gateway check     are settings, Redis, archive, tokens and webhooks as they should be?
  4. gateway run       start; admins by the settings press Start at the operators' bot
  5. gateway invite    a link that lets the next operator in

Every setting can also be an environment variable: `[http] port` is GATEWAY_HTTP__PORT, and it wins over the file.
No bots yet? `make run` plays the whole story on one page, without any account."""


class Commands(click.Group):
    """Turns every failure into a sentence, or into a logged traceback where the fault is ours."""

    def invoke(self, ctx: click.Context) -> object:
        try:
            return super().invoke(ctx)
        except GatewayError as error:
            for line in str(error).splitlines() or [type(error).__name__]:
                click.echo(f"gateway: {logs.redact(line)}", err=True)
        except (click.ClickException, click.Abort, click.exceptions.Exit, BrokenPipeError):
            raise  # click's own ways out
        except Exception:
            log.critical("this is a fault of the gateway; please report it with these lines", exc_info=True)
        raise click.exceptions.Exit(1)


@click.group(
    cls=Commands, help=HELP, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110}
)
@click.version_option(__version__, prog_name="gateway", message="%(prog)s %(version)s")
def main() -> None:
    logs.start("text", level=logging.WARNING)


def _takes_settings(command: Callable[..., None]) -> Callable[..., None]:
    return click.option(
        "--config",
        metavar="PATH",
        type=click.Path(dir_okay=False, exists=True, path_type=Path),
        help="The settings file; without it GATEWAY_CONFIG, else gateway.toml in this folder.",
    )(command)


@main.command()
@click.argument("roles", metavar="[ROLE]…", nargs=-1, type=click.Choice(ROLES))
@_takes_settings
def run(roles: tuple[str, ...], config: Path | None) -> None:
    """Run the gateway, or only some of its roles.

    \b
    web            HTTP: the messengers' webhooks, /healthz, /readyz, /metrics
    connectors     polls messengers and sends to them
    router         decides: the owner of the dialogs; a second one waits to take over
    operator-bot   draws cards and copies in your operators' Telegram
    archive        writes the history

    \b
    Examples:
      gateway run                             everything in one process: the usual way
      gateway run web connectors              on one machine …
      gateway run router operator-bot archive … and the rest on another, with one Redis for both

    Ctrl-C or SIGTERM finishes what is begun and stops; nothing accepted is lost, even by a kill.
    """  # noqa: D301 - \b keeps click from filling the paragraph
    settings = _load(config)
    level = logging.getLevelNamesMapping()[settings.log_level.upper()]
    logs.start(settings.log_format, level=level, secrets=_secrets(settings))
    uvloop.run(_root().run(settings, roles or ROLES, reload=lambda: _load(config)))


@main.command()
@_takes_settings
def check(config: Path | None) -> None:
    """Look at everything, change nothing, print a table.

    Settings, Redis, archive, and of every account the token, the proxy and the webhook's registration.
    Exit code 1 where something is wrong: a deploy script can stop there.
    """
    settings = _load(config)
    findings = asyncio.run(_admin_commands().check(settings))
    _print_table([("what", "is", "detail"), *((one.subject, one.state, one.detail) for one in findings)])
    wrong = sum(one.state == "wrong" for one in findings)
    if wrong:
        raise GatewayError(f"{wrong} of {len(findings)} checks found something wrong; the table above says what")


@main.command()
@click.argument("channel")
def parse(channel: str) -> None:
    """Show what a messenger's request body becomes.

    The body is read from standard input; each normalized item goes out as one line of JSON. Needs no settings and no
    Redis, and sends nothing anywhere. Content of a kind that we cannot show comes out as "Unsupported", what is left
    out on purpose as "Ignored" with the reason.

    \b
    Example:
      gateway parse telegram < update.json
    """  # noqa: D301
    module = _channel(channel)
    if sys.stdin.isatty():
        click.echo("reading the body from the keyboard; finish with Ctrl-D", err=True)
    body = sys.stdin.buffer.read()
    _refuse_no_json(body)
    try:
        updates = module.unpack(body)
    except ValueError as error:
        raise GatewayError(f"this is not what {channel} sends: {error}") from error
    for update in updates:
        for inbound in module.parse(update):
            line = json.dumps(to_builtins(inbound), ensure_ascii=False)
            # A lone surrogate, which JSON can hold and UTF-8 cannot, goes out as it came in: as \udXXX.
            click.echo(line.encode("utf-8", "backslashreplace"))


@main.command("new-channel")
@click.argument("name")
def write_channel(name: str) -> None:
    """Write the first files of a new channel into this clone of the repository.

    A connector, its fixtures, a stand-in for the sandbox and a test of the two, for an invented vendor: they pass all
    tests as they are, and are made the real vendor's piece by piece. CONTRIBUTING.md, "Adding a channel", says how.

    \b
    Example:
      gateway new-channel my_chat
    """  # noqa: D301
    written = _new_channel().write(Path(__file__).resolve().parents[1], name)
    click.echo("written:")
    for one in written:
        click.echo(f"  {one.place}")
    click.echo(f'see it pass:  make test ARGS="tests/connectors -k {name}"')
    click.echo('what to do next is in CONTRIBUTING.md, "Adding a channel"')


@main.command()
@click.option(
    "--role",
    type=click.Choice([one.value for one in Role]),
    default=Role.OPERATOR.value,
    show_default=True,
    help="What they may do: answer; also see and take over all dialogs; also invite and configure.",
)
@click.option("--line", "lines", metavar="NAME", multiple=True, help="Only this line; repeat for several. [all lines]")
@click.option(
    "--hours", type=click.IntRange(1, 24 * 30), default=24, show_default=True, help="How long it can be used."
)
@_takes_settings
def invite(role: str, lines: tuple[str, ...], hours: int, config: Path | None) -> None:
    """Print a link that lets one person in, once.

    Whoever opens it and presses Start at the operators' bot is registered: send it to nobody else.

    \b
    Examples:
      gateway invite
      gateway invite --role supervisor --line sales --line service --hours 2
    """  # noqa: D301
    settings = _load(config)
    link = asyncio.run(_admin_commands().invite(settings, Role(role), tuple(LineId(one) for one in lines), hours))
    click.echo(link)
    if sys.stdout.isatty():
        click.echo(f"for one {role}, once, within {hours} h", err=True)


@main.group()
def people() -> None:
    """See who works here, change their role and lines, or dismiss them."""


@people.command("list")
@_takes_settings
def list_people(config: Path | None) -> None:
    """List everybody: id, role, lines, whether they are on shift, how many dialogs they have, name."""
    settings = _load(config)
    _print_table(_people().table(asyncio.run(_people().people(settings))))


@people.command("role")
@click.argument("who", metavar="ID")
@click.argument("role", type=click.Choice([one.value for one in Role]))
@_takes_settings
def change_role(who: str, role: str, config: Path | None) -> None:
    """Give somebody another role. An admin serves all lines.

    \b
    Example:
      gateway people role 123456789 supervisor
    """  # noqa: D301
    settings = _load(config)
    _say_done(asyncio.run(_people().change_role(settings, who, Role(role))), f"{who} is {role} from now on")


@people.command("lines")
@click.argument("who", metavar="ID")
@click.argument("lines", metavar="[LINE]…", nargs=-1)
@_takes_settings
def change_lines(who: str, lines: tuple[str, ...], config: Path | None) -> None:
    """Give somebody other lines; without a line: all of them. Dialogs of other lines return to the queue.

    \b
    Examples:
      gateway people lines 123456789 sales service
      gateway people lines 123456789
    """  # noqa: D301
    settings = _load(config)
    done = asyncio.run(_people().change_lines(settings, who, tuple(LineId(one) for one in lines)))
    _say_done(done, f"{who} serves {', '.join(lines) or 'all lines'} from now on")


@people.command("dismiss")
@click.argument("who", metavar="ID")
@_takes_settings
def dismiss_person(who: str, config: Path | None) -> None:
    """Let somebody go, at once: nothing that they press or write is taken any more, their dialogs return to the queue.

    \b
    Example:
      gateway people dismiss 123456789
    """  # noqa: D301
    settings = _load(config)
    _say_done(asyncio.run(_people().dismiss_person(settings, who)), f"{who} is dismissed")


def _say_done(is_done: bool, told: str) -> None:  # noqa: FBT001 - an answer, not a switch
    click.echo(told if is_done else "stored; no gateway has taken it yet: it happens when one runs")


@main.group()
def line() -> None:
    """Bring an open line in step with its settings."""


@line.command("apply")
@click.argument("name")
@_takes_settings
def apply_line(name: str, config: Path | None) -> None:
    """Take the settings of a line over into the running line.

    A line is made from the settings once, when it is new. What is changed there later is reported at start and
    applied by this command only, so that a restart changes nothing by surprise.

    \b
    Example:
      gateway line apply sales
    """  # noqa: D301
    settings = _load(config)
    has_changed = asyncio.run(_admin_commands().apply_line(settings, LineId(name)))
    click.echo(f"{name} follows its settings from now on" if has_changed else f"{name} follows its settings already")


@main.group()
def dead() -> None:
    """List or replay what could not be handled.

    Nothing is thrown away: an entry that fails waits here until its reason is mended.
    """


@dead.command("list")
@_takes_settings
def list_dead(config: Path | None) -> None:
    """List dead letters: id, when, where it came from and why; never what a customer wrote."""
    settings = _load(config)
    letters, total = asyncio.run(_dead_letters().list_dead_letters(settings))
    if not letters:
        click.echo("no dead letters")
        return
    _print_table(
        [("id", "since", "inbox", "reason"), *((one.id, _told(one.at), one.where, one.reason) for one in letters)]
    )
    if total > len(letters):
        click.echo(f"and {total - len(letters)} more")


@dead.command("replay")
@click.argument("ids", metavar="ID…", nargs=-1, required=True)
@_takes_settings
def replay_dead(ids: tuple[str, ...], config: Path | None) -> None:
    """Put dead letters back into their inboxes, marked as late. Do it once the reason is mended.

    What the archive put aside (archive:…) is written into it by the running gateway.

    \b
    Examples:
      gateway dead replay 1790000000000-0
      gateway dead replay archive:12
    """  # noqa: D301
    settings = _load(config)
    done = asyncio.run(_dead_letters().replay_dead_letters(settings, ids))
    click.echo(f"{done} of {len(ids)} put back")
    if done < len(ids):
        raise GatewayError(
            f"{len(ids) - done} of these ids are no dead letters; gateway dead list shows the ones there are"
        )


def _load(config: Path | None) -> Settings:
    settings = load(config, os.environ, _settings_of)
    logs.hide(_secrets(settings))
    return settings


def _secrets(settings: Settings) -> Iterator[str]:
    """Every secret in the settings, so that the logs know what must not pass."""
    accounts = (settings.operators_account(), *settings.accounts())
    for model in (settings, *settings.apps.values(), *(one.settings for one in accounts)):
        for name in type(model).model_fields:
            value = getattr(model, name)
            if isinstance(value, SecretStr):
                yield value.get_secret_value()
    for one in accounts:
        yield from (way.proxy for way in getattr(one.settings, "all_ways", tuple)() if way.proxy is not None)


def _settings_of(channel: str) -> type[BaseModel]:
    settings: type[BaseModel] = _registry().channel(channel).Settings
    return settings


def _channel(name: str) -> Any:  # noqa: ANN401 - a channel's package; what it exports is contract.py's business
    registry = _registry()
    known = registry.channel_names()
    if name not in known:
        raise GatewayError(f"there is no channel {name!r}; this gateway knows {', '.join(known)}")
    return registry.channel(name)


def _registry() -> ModuleType:
    from gateway.connectors import registry  # noqa: PLC0415 - see the module's docstring

    return registry


def _root() -> ModuleType:
    from gateway import app  # noqa: PLC0415 - see the module's docstring

    return app


def _people() -> ModuleType:
    from gateway import people_commands  # noqa: PLC0415 - see the module's docstring

    return people_commands


def _new_channel() -> ModuleType:
    from gateway import new_channel  # noqa: PLC0415 - see the module's docstring

    return new_channel


def _admin_commands() -> ModuleType:
    from gateway import admin_commands  # noqa: PLC0415 - see the module's docstring

    return admin_commands


def _dead_letters() -> ModuleType:
    from gateway import dead_letters  # noqa: PLC0415 - see the module's docstring

    return dead_letters


def _refuse_no_json(body: bytes) -> None:
    if not body.strip():
        raise GatewayError("the input is empty; a body comes in like this: gateway parse telegram < update.json")
    try:
        json.loads(body)
    except UnicodeDecodeError as error:
        raise GatewayError(f"the input is no JSON: byte {error.start + 1} is not UTF-8") from error
    except json.JSONDecodeError as error:
        raise GatewayError(f"the input is no JSON: {error.msg} at line {error.lineno}, column {error.colno}") from error
    except RecursionError as error:
        raise GatewayError("the input is JSON nested too deeply to be a messenger's") from error


def _told(at: int) -> str:
    return datetime.fromtimestamp(at / 1000, UTC).astimezone().strftime("%Y-%m-%d %H:%M:%S")


def _print_table(rows: Sequence[tuple[str, ...]]) -> None:
    """Columns as wide as their content; the last one is free."""
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]) - 1)]
    for row in rows:
        cells = [cell.ljust(width) for cell, width in zip(row, widths, strict=False)]
        click.echo(logs.redact("  ".join([*cells, row[-1]]).rstrip()))
