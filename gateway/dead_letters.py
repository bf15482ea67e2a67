"""The command line's look at what could not be handled or archived, and the way back for it.

A letter's id is that of its entry among the dead letters; what the archive put aside is called by its journal number.
"""

import asyncio
import re
from collections.abc import Sequence

from msgspec import Struct

from gateway.archive.dialect import archive_url, is_there
from gateway.archive.history import History
from gateway.bootstrap import Infrastructure, open_infrastructure
from gateway.errors import GatewayError, NewerVersion, SettingsError, Undecodable
from gateway.model.ids import EntryId
from gateway.settings import STAFF, Settings
from gateway.streams import dead, journal
from gateway.streams.lease import is_taken

LIMIT = 1000
"""Letters that are listed; whoever has more mends their reason first."""
ANSWER_SECONDS = 15.0
"""How long is waited for the archive's answer."""
_ENTRY_ID = re.compile(r"[0-9]{1,20}-[0-9]{1,20}")
_ASIDE = re.compile(r"archive:([0-9]{1,18})")
_LARGEST = 2**64 - 1


class ListedDeadLetter(Struct, frozen=True):
    """One line of `gateway dead list`; `at` is when it was put aside."""

    id: str
    at: int
    where: str
    reason: str


async def list_dead_letters(settings: Settings) -> tuple[list[ListedDeadLetter], int]:
    """The oldest letters, and how many there are in all.

    Raises:
        StoreUnavailable: Redis or the archive cannot be read.
    """
    async with open_infrastructure(settings, beside=True) as infrastructure:
        letters = [
            ListedDeadLetter(one.id, one.at, one.inbox, one.reason)
            for one in await dead.list_dead(infrastructure.store, LIMIT)
        ]
        total = max(await dead.count_dead(infrastructure.store), len(letters))
    url = archive_url(settings.archive_url.get_secret_value(), settings.data_dir)
    if is_there(url):
        history = History(url)
        try:
            aside = await history.put_aside(LIMIT)
        finally:
            await history.close()
        letters += [ListedDeadLetter(f"archive:{one.seq}", one.set_aside_at, "journal", one.reason) for one in aside]
        total += len(aside)
    return letters, total


async def replay_dead_letters(settings: Settings, ids: Sequence[str]) -> int:
    """Puts letters back where they stood; answers how many there were. Nothing is done where an id is none.

    Raises:
        GatewayError: an id is none, or a letter cannot be put back and stays; those before it are back.
    """
    for one in ids:
        if not _ASIDE.fullmatch(one) and not _is_entry_id(one):
            raise GatewayError(
                f"{one!r} is not the id of a dead letter: that looks like 1790000000000-0, or archive:12 for what the"
                " archive put aside. Nothing was put back; gateway dead list shows the ids there are"
            )
    done = 0
    async with open_infrastructure(settings, beside=True) as infrastructure:
        for one in ids:
            aside = _ASIDE.fullmatch(one)
            done += await (
                _ask_archive(infrastructure, int(aside[1]))
                if aside
                else _put_back(infrastructure, settings, EntryId(one))
            )
    return done


def _is_entry_id(one: str) -> bool:
    """Whether Redis takes it for one entry's id: `-`, `+` and half an id mean several."""
    return bool(_ENTRY_ID.fullmatch(one)) and all(int(half) <= _LARGEST for half in one.split("-"))


async def _put_back(infrastructure: Infrastructure, settings: Settings, letter: EntryId) -> bool:
    found = await dead.find_dead(infrastructure.store, letter)
    if found is None:
        return False
    if found.inbox not in _read_here(settings):
        raise SettingsError(
            f"dead letter {letter} stood in {found.inbox}, which nobody reads by these settings: put its line or"
            " account back into the settings first. The letter stays"
        )
    try:
        return await dead.replay_dead(infrastructure.store, letter) is not None
    except (Undecodable, NewerVersion) as error:
        raise type(error)(f"dead letter {letter} still cannot be read, and stays: {error}") from error


def _read_here(settings: Settings) -> set[str]:
    """The streams that a gateway with these settings works off."""
    accounts = (STAFF, *(one.account for one in settings.accounts()))
    return {f"inbox:{STAFF}", *(f"inbox:{line}" for line in settings.lines), *(f"outbox:{one}" for one in accounts)}


async def _ask_archive(infrastructure: Infrastructure, seq: int) -> bool:
    """The archive has one writer, so that one is asked, and is waited for."""
    await journal.ask_again(infrastructure.store, seq)
    loop = asyncio.get_running_loop()
    deadline = loop.time() + ANSWER_SECONDS
    while await is_taken(infrastructure.store, "recorder") and loop.time() < deadline:
        why = (await journal.asked_again(infrastructure.store)).get(seq)
        if why is None:
            return True
        if why:
            await journal.answer_again(infrastructure.store, seq, None)
            raise GatewayError(f"archive:{seq} still cannot be written, and stays aside: {why}")
        await asyncio.sleep(0.1)
    raise GatewayError(
        f"archive:{seq} is asked for, but nobody writes the archive now: it is done as soon as gateway run (role"
        " archive) does; gateway dead list shows it until then"
    )
