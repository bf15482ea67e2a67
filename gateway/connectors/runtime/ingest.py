"""What came from a vendor, on its way into the inbox: items that were parsed, or raw updates of the staff's bot.

Nothing is acknowledged here and nothing is decided; a kind that is left out on purpose is counted, and typing is
told to whoever looks, never stored.
"""

from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from hashlib import blake2b
from typing import Any

import msgspec

from gateway.connectors.runtime.context import AccountContext, described, log
from gateway.errors import StoreError, StoreUnavailable
from gateway.model.codec import dump
from gateway.model.commands import (
    Entry,
    FromChannel,
    Ignored,
    Inbound,
    Notice,
    Receive,
    ReceivePress,
    ReceiveReach,
    ReceiveTyping,
    RecordAccount,
    RecordDelivery,
    StaffUpdate,
)
from gateway.model.ids import ContactId, EntryId
from gateway.streams import live
from gateway.streams.intake import Offer, OfferResult


def items_of(context: AccountContext, update: Mapping[str, Any]) -> Sequence[Inbound]:
    """One polled update as items.

    `parse` is total by its contract. Where it is not, the account must go on for everybody else: the update
    becomes an alarm that names the place.
    """
    try:
        return context.channel.parse(update)
    except Exception as error:  # noqa: BLE001 - one update must not stop a whole account
        return (unreadable(update, error),)


def unreadable(update: Mapping[str, Any], error: Exception) -> Inbound:
    """The alarm that stands for an update whose reading failed by a fault of ours."""
    digest = blake2b(dump(update), digest_size=8).hexdigest()
    return Inbound(f"unreadable:{digest}", Notice(about="unreadable", detail=described(error), alarming=True))


def offers(context: AccountContext, items: Iterable[Inbound]) -> list[Offer]:
    """The items as offers for the account's inbox; some are left out (`is_left_out`)."""
    found = []
    for one in items:
        if isinstance(one.item, Ignored):
            context.counts["ignored"] += 1
            log.info("ignored", extra={"account": context.account, "reason": one.item.reason})
        elif not isinstance(one.item, ReceiveTyping):
            found.append(offer(context, one.key, one.item))
    return found


def is_nameless(command: object) -> bool:
    """Whether somebody wrote of whom the vendor told nothing but an id."""
    return isinstance(command, Receive | ReceivePress) and command.profile is None


def is_left_out(one: Inbound) -> bool:
    """Whether the item makes no offer."""
    return isinstance(one.item, Ignored | ReceiveTyping)


def raw_offers(context: AccountContext, updates: Iterable[Mapping[str, Any]]) -> list[Offer]:
    """Updates of the operators' bot as they came; what they mean depends on state, which is the owner's."""
    return [offer(context, f"update:{one['update_id']}", StaffUpdate(msgspec.Raw(dump(one)))) for one in updates]


def offer(
    context: AccountContext, key: str, command: FromChannel | StaffUpdate | RecordAccount | RecordDelivery
) -> Offer:
    """One command for the account's inbox."""
    contact: ContactId | None = getattr(command, "contact", None)
    return Offer(
        inbox=context.inbox,
        account=context.account,
        key=key,
        entry=Entry(command, context.account),
        contact=contact,
        keep_days=context.connector.capabilities.repeats_days,
    )


async def take(context: AccountContext, new: Sequence[Offer], *, seconds: float | None = None) -> Sequence[OfferResult]:
    """Stores offers within so many seconds and says what became of them.

    Raises:
        StoreUnavailable: they are not known to be stored; offering them again is safe.
    """
    taken = await context.intake.offer(new, seconds=seconds)
    _book(context, new, taken)
    return taken


async def store_batch(parts: Sequence[tuple[AccountContext, Sequence[Offer]]]) -> None:
    """Stores the offers of several accounts that came together: one call per desk, all of a desk's or none.

    Raises:
        StoreUnavailable: some are not known to be stored; offering all again is safe.
    """
    desks = {id(context.intake): context.intake for context, _ in parts}
    for desk, intake in desks.items():
        own = [(context, new) for context, new in parts if id(context.intake) == desk]
        taken = iter(await intake.offer([one for _, new in own for one in new]))
        for context, new in own:
            _book(context, new, [next(taken) for _ in new])


def _book(context: AccountContext, new: Sequence[Offer], taken: Sequence[OfferResult]) -> None:
    for one, became in zip(new, taken, strict=True):
        context.counts[became.outcome] += 1
        kind = type(one.entry.command).__name__
        context.items.tell(became.outcome, kind=kind, key=one.key, entry=became.entry)
    context.on_stored([one for one, became in zip(new, taken, strict=True) if became.outcome == "stored"])


async def store(context: AccountContext, new: Sequence[Offer], *, seconds: float | None = None) -> None:
    """`take`, for whoever only needs to know that it is done."""
    await take(context, new, seconds=seconds)


async def tell_gone(context: AccountContext, cause: EntryId, contact: ContactId) -> None:
    """A send found that the contact cannot be written to: the desk should know before somebody answers again."""
    if context.raw:
        return
    reach = offer(context, f"gone:{cause}", ReceiveReach(contact, reachable=False))
    # What is not stored is no loss: the failed delivery says so as well.
    with suppress(StoreUnavailable):
        await store(context, [reach])


async def publish(context: AccountContext, items: Iterable[Inbound]) -> None:
    """Tells the desk who is typing. While Redis is away that is not told, and nothing else comes of it."""
    contacts = {one.item.contact: None for one in items if isinstance(one.item, ReceiveTyping)}
    if not contacts:
        return
    try:
        await live.publish_typing(context.store, context.account, contacts)
    except StoreError as error:
        log.debug("typing is not told: %s", error, extra={"account": context.account})
