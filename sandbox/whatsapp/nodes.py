"""Everything of WhatsApp's Graph API but messages and templates: the phone, the WABA's subscription, media."""

from sandbox.meta.calls import RESOLVERS, Call, edge
from sandbox.meta.errors import GraphError, required, unknown_node
from sandbox.meta.meta import Meta
from sandbox.meta.records import Account, File
from sandbox.whatsapp.processing import check_upload
from sandbox.whatsapp.shapes import mime_of
from sandbox.wire import Json


def resolve(meta: Meta, accounts: list[Account], node: str) -> tuple[str, Account] | None:
    for account in accounts:
        if node == account.id:
            return "phone", account
        if node == account.owner_id:
            return "waba", account
        if node == "me":
            return "user", account
        file = meta.media.usable(node)
        if file is not None and file.account_id == account.id:
            return "media", account
    return None


RESOLVERS["whatsapp"] = resolve


@edge("whatsapp", "phone", "GET", "", "phone")
def phone(call: Call) -> Json:
    return {
        "id": call.account.id,
        "display_phone_number": f"+{call.account.phone}",
        "verified_name": call.account.name,
        "quality_rating": "GREEN",
        "code_verification_status": "VERIFIED",
        "platform_type": "CLOUD_API",
        "throughput": {"level": "STANDARD"},
    }


@edge("whatsapp", "user", "GET", "", "user")
def user(call: Call) -> Json:
    return {"id": "122100000000001", "name": f"System user of {call.account.name}"}


@edge("whatsapp", "waba", "GET", "", "waba")
def waba(call: Call) -> Json:
    return {"id": call.account.owner_id, "name": call.account.name, "timezone_id": "1", "currency": "RUB"}


@edge("whatsapp", "waba", "GET", "phone_numbers", "phones")
def phones(call: Call) -> Json:
    siblings = [one for one in call.world.accounts.values() if one.owner_id == call.account.owner_id]
    shown = [{"id": one.id, "display_phone_number": f"+{one.phone}", "verified_name": one.name} for one in siblings]
    return {"data": shown}


@edge("whatsapp", "waba", "GET", "subscribed_apps", "subscribed_apps")
def subscribed(call: Call) -> Json:
    if not call.account.is_subscribed:
        return {"data": []}
    app = call.world.apps[call.account.app]
    link = f"https://www.facebook.com/games/?app_id={app.id}"
    known: Json = {"whatsapp_business_api_data": {"id": app.id, "name": app.name, "link": link}}
    if call.account.override_url:
        known["override_callback_uri"] = call.account.override_url
    return {"data": [known]}


@edge("whatsapp", "waba", "POST", "subscribed_apps", "subscribe")
async def subscribe(call: Call) -> Json:
    """Subscribes the app to all phones of the WABA; an address of its own must shake hands first."""
    url = call.text("override_callback_uri")
    if url:
        app = call.world.apps[call.account.app]
        if not await call.meta.sender.verify_callback(app, url, call.needed("verify_token")):
            raise GraphError(100, "Override Callback URI validation failed", subcode=2200)
    return _set_subscribed(call, url, is_subscribed=True)


@edge("whatsapp", "waba", "DELETE", "subscribed_apps", "unsubscribe")
def unsubscribe(call: Call) -> Json:
    return _set_subscribed(call, "", is_subscribed=False)


def _set_subscribed(call: Call, url: str, *, is_subscribed: bool) -> Json:
    for account in call.world.accounts.values():
        if account.owner_id == call.account.owner_id:
            account.is_subscribed, account.override_url = is_subscribed, url
            call.world.keep_account(account)
    return {"success": True}


@edge("whatsapp", "phone", "POST", "media", "upload")
def upload(call: Call) -> Json:
    """Takes a file; its type must be one that WhatsApp knows, and its bytes of that type."""
    if call.values.get("messaging_product") != "whatsapp":
        raise required("messaging_product")
    file = call.files.get("file")
    if file is None:
        raise required("file")
    mime = (call.text("type") or file.mime).partition(";")[0].strip().lower()
    check_upload(mime, file.content)
    kept = call.meta.media.add(
        call.account.id,
        file._replace(mime=mime),
        lives_ms=call.meta.settings.whatsapp_uploaded_media_ms,
    )
    return {"id": kept.id}


@edge("whatsapp", "media", "GET", "", "media")
def media(call: Call) -> Json:
    """The file's address, good for five minutes and for the same token only."""
    file = _file(call)
    return {
        "messaging_product": "whatsapp",
        "url": call.meta.media.link(file, call.meta.settings.whatsapp_media_url_ms),
        "mime_type": mime_of(file).partition(";")[0],
        "sha256": file.sha256,
        "file_size": file.size,
        "id": file.id,
    }


@edge("whatsapp", "media", "DELETE", "", "media")
def delete_media(call: Call) -> Json:
    call.meta.media.forget(_file(call))
    return {"success": True}


def _file(call: Call) -> File:
    file = call.meta.media.usable(call.node)
    if file is None:
        raise unknown_node("GET", call.node)
    return file
