"""How content that cannot be shown is called, by its messenger's own name for it. Pure.

Messengers have new kinds each year: one that is not known here is quoted within a sentence of the reader's language.
"""

from gateway.operator_bot.texts.formatted_text import plain
from gateway.operator_bot.texts.phrases import Phrases

_LONGEST = 60


def name_kind(t: Phrases, kind: str) -> str:
    """The kind in a few words."""
    known = kinds(t).get(kind)
    return t("something of the kind “{kind}”", kind=plain(kind, _LONGEST)) if known is None else known


def name_call(t: Phrases, hint: str) -> str:
    """How a call went, where what is told of it begins with that; else what is told."""
    state, between, rest = hint.partition(" · ")
    states = {
        "reached": t("answered"),
        "canceled_by_initiator": t("the caller hung up"),
        "canceled_by_receiver": t("declined"),
        "canceled": t("declined"),
    }
    return states.get(state, state) + between + rest


def kinds(t: Phrases) -> dict[str, str]:
    """Every kind that is known, of all messengers."""
    return {
        "poll": t("a poll"),
        "dice": t("a dice"),
        "game": t("a game"),
        "story": t("a story"),
        "checklist": t("a checklist"),
        "paid_media": t("paid media"),
        "invoice": t("an invoice"),
        "giveaway": t("a giveaway"),
        "external_reply": t("an answer to a message of another chat"),
        "story_mention": t("your account in the client's story"),
        "story_reply": t("an answer to your story"),
        "reply_to_story": t("an answer to your story"),
        "ig_story": t("a story"),
        "ig_reel": t("a reel"),
        "reel": t("a reel"),
        "ig_post": t("a post"),
        "share": t("a post"),
        "wall": t("a post"),
        "ephemeral": t("a photo or video to be seen once"),
        "is_unsupported": t("something that Instagram shows in itself only"),
        "unsupported_type": t("something that Instagram shows in itself only"),
        "message_edit": t("new words, which Instagram does not tell"),
        "item": t("a listing"),
        "link": t("a link"),
        "call": t("a call"),
        "appCall": t("a call"),
        "video": t("a video"),
        "clip": t("a clip"),
        "narrative": t("a collection of stories"),
        "file": t("a file"),
        "wall_reply": t("a comment"),
        "market": t("goods"),
        "market_album": t("a collection of goods"),
        "product": t("goods"),
        "product_list": t("goods"),
        "catalog": t("goods"),
        "gift": t("a gift"),
        "unique_gift": t("a gift"),
        "gift_upgrade_sent": t("a gift"),
        "audio": t("music or sound"),
        "voice": t("a voice message"),
        "audio_message": t("a voice message"),
        "podcast": t("a podcast"),
        "audio_playlist": t("a playlist"),
        "image": t("a picture"),
        "photo": t("a picture"),
        "sticker": t("a sticker"),
        "doc": t("a file"),
        "document": t("a file"),
        "graffiti": t("a drawing"),
        "album": t("an album"),
        "photos_list": t("an album"),
        "article": t("an article"),
        "event": t("an event"),
        "money_transfer": t("a transfer of money"),
        "money_request": t("a request for money"),
        "mini_app": t("a mini app"),
        "app": t("a mini app"),
        "location": t("a place"),
        "geo": t("a place"),
        "point": t("a place"),
        "contact": t("a contact card"),
        "contacts": t("a contact card"),
        "empty message": t("an empty message"),
        "message": t("a message that cannot be shown"),
        "unknown": t("a message that cannot be shown"),
        "unsupported": t("a message that cannot be shown"),
        "text": t("a message that cannot be shown"),
        "unavailable": t("a message that cannot be shown"),
        "cropped": t("a shortened message"),
        "attachment": t("an attachment"),
        "template": t("a message with buttons"),
        "interactive": t("a message with buttons"),
        "button": t("a pressed button"),
        "postback": t("a pressed button"),
        "fallback": t("a link"),
        "order": t("an order"),
        "system": t("news of the messenger"),
        "reaction": t("a reaction"),
        "web_app_data": t("data of a mini app"),
        "users_shared": t("shared people"),
        "user_shared": t("shared people"),
        "chat_shared": t("a shared chat"),
        "successful_payment": t("a payment"),
        "refunded_payment": t("a payment that was returned"),
        "passport_data": t("documents of Telegram Passport"),
        "checklist_tasks_done": t("changes of a checklist"),
        "checklist_tasks_added": t("changes of a checklist"),
        "giveaway_winners": t("winners of a giveaway"),
        "rich_message": t("a message of a new kind"),
        "payment": t("a payment"),
        "group_invite": t("an invite to a group"),
        "unsupported_payment": t("a payment"),
        "nfm_reply": t("a filled form"),
        "flow": t("a filled form"),
        "poll_creation": t("a poll"),
        "poll_update": t("a poll"),
        "edit": t("a correction"),
        "revoke": t("a deletion"),
        "pin": t("a pinned message"),
        "list_reply": t("a pressed button"),
        "deleted": t("a deleted message"),
    }
