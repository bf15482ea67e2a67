"""What Instagram's webhooks bring: elements of an entry's list of messaging events."""

from sandbox.meta.meta import Meta
from sandbox.meta.records import Account, Message, Person
from sandbox.wire import Json

FILE_KINDS = frozenset({"image", "video", "audio", "file"})


def event(account: Account, person: Person, at: int, *, is_ours: bool = False, **more: Json) -> Json:
    """One event between these two."""
    ends = (account.id, person.igsid) if is_ours else (person.igsid, account.id)
    return {"sender": {"id": ends[0]}, "recipient": {"id": ends[1]}, "timestamp": at, **more}


def message(meta: Meta, account: Account, person: Person, one: Message) -> Json:
    """A message, as an echo where it is the business's own."""
    body: Json = {"mid": one.id}
    if one.text and not one.files:
        body["text"] = one.text
    attachments = attachments_of(meta, one)
    if attachments:
        body["attachments"] = attachments
    if one.reply_to:
        body["reply_to"] = {"mid": one.reply_to}
    body |= {name: value for name, value in one.extra.items() if name != "payload"}
    if one.is_out:
        body["is_echo"] = True
        if not one.is_staff:
            body["app_id"] = int(meta.world.apps[account.app].id)
    return event(account, person, one.at, is_ours=one.is_out, message=body)


def attachments_of(meta: Meta, one: Message) -> list[Json]:
    """Files with fresh addresses, and what was sent of Instagram's own."""
    shown: list[Json] = []
    for file_id in one.files:
        file = meta.media.known(file_id)
        assert file is not None
        kind = one.kind if one.kind not in FILE_KINDS or one.is_out else kind_of(file.mime)
        url = meta.media.link(file, meta.settings.instagram_media_url_ms)
        shown.append({"type": kind, "payload": {**one.content.get("payload", {}), "url": url}})
    return shown or list(one.content.get("attachments", []))


def kind_of(mime: str) -> str:
    kind = mime.partition("/")[0]
    return kind if kind in {"image", "video", "audio"} else "file"
