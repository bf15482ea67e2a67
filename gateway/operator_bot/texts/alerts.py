"""What admins read of alarming notices: of the installation, of an account, of what only one channel knows. Pure."""

from collections.abc import Mapping

from gateway.connectors.manifests import alert_labels
from gateway.model import events as e
from gateway.operator_bot.texts.content_kinds import kinds
from gateway.operator_bot.texts.formatted_text import cut
from gateway.operator_bot.texts.phrases import Phrases
from gateway.operator_bot.texts.reasons import say_reason
from gateway.operator_bot.texts.sentences import DETAIL_LIMIT


def say_alert(t: Phrases, notice: e.NoticeRaised) -> str:
    """An alarming notice for admins."""
    detail = cut(say_reason(t, notice.detail or ""), DETAIL_LIMIT)
    match notice.about:
        case "dead_letters":
            return t("⚠️ Messages that could not be handled: {detail}. On the server: gateway dead list", detail=detail)
        case "lag":
            return t("⚠️ Messages are handled late: {detail}", detail=detail)
        case "memory":
            return t("⚠️ Redis is running out of memory: {detail} used. At the limit new messages stop.", detail=detail)
        case "stalled_rejected":
            told = t(
                "⚠️ Redis refused the gateway a command, and a part of the work stood still: {detail}.", detail=detail
            )
            return " ".join((told, t("What to mend is in the gateway's log and on /readyz. Nothing is lost.")))
        case "stalled_newer":
            told = t("⚠️ A part of the work stands still at what a newer gateway wrote: {detail}.", detail=detail)
            return " ".join((told, t("Start the newer version again. Nothing is lost.")))
        case "disk":
            return t("⚠️ The disk is nearly full: {detail} left.", detail=detail)
        case _:
            return _say_accounts_alert(t, notice, detail)


def _say_accounts_alert(t: Phrases, notice: e.NoticeRaised, detail: str) -> str:
    """What a messenger tells of an account, or why something of it could not be read."""
    where = {"account": notice.account or "—", "detail": detail or "—"}
    match notice.about:
        case "webhook":
            return t("⚠️ The account {account} does not get messages as it should: {detail}", **where)
        case "receiving":
            return t("⚠️ The account {account} cannot receive: {detail}", **where)
        case "gap":
            return t("⚠️ Messages of the account {account} may be missing here: {detail}", **where)
        case "unreadable":
            return t("⚠️ Something that came to the account {account} could not be read ({detail}).", **where)
        case "added to a group":
            return t("⚠️ The bot of the account {account} was added to a group. {detail}", **where)
        case "handover" | "policy":
            return t("⚠️ The account {account}: {detail}", **where)
        case about if about.startswith("Unsupported("):
            kind = about.removeprefix("Unsupported(").removesuffix(")")
            kind = kinds(t).get(kind, kind)
            return t("⚠️ A message of the kind “{kind}” came to the account {account}: {detail}", kind=kind, **where)
        case about:
            return _say_channels_alert(t, about, where)


def _say_channels_alert(t: Phrases, about: str, where: Mapping[str, str]) -> str:
    """What only one channel knows of, in the words of its manifest."""
    labels = alert_labels(t.language)
    kind, _, topic = about.partition(": ")
    text = labels.get(about) or (labels.get(f"{kind}: *") if topic else None)
    if text is None:
        return t("⚠️ The account {account}, {about}: {detail}", about=about, **where)
    return t.fill(text, topic=topic, **where)
