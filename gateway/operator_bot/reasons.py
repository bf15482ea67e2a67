"""Why something did not go through, in the reader's language, where it is a reason that people meet often. Pure.

Connectors and files/ give their reasons as English sentences; one that is not known here is shown as it came, so
nothing is lost by a new one. Tests hold that each of these is still said somewhere.
"""

import re
from collections.abc import Callable, Mapping

from gateway.operator_bot.texts import Phrases
from gateway.operator_bot.whatsapp_reasons import whatsapp_reasons

_SHAPES: Mapping[str, Callable[[Phrases, re.Match[str]], str]] = {
    r"(?P<why>.+); given up after (?P<n>\d+) tries": lambda t, found: "; ".join(
        (say_reason(t, found["why"]), t.plural("given up after {n} try", "given up after {n} tries", int(found["n"])))
    ),
    r"(?P<why>.+) \((?P<done>\d+) of its (?P<all>\d+) parts arrived\)": lambda t, found: " ".join(
        (say_reason(t, found["why"]), t("({done} of its {all} parts arrived)", done=found["done"], all=found["all"]))
    ),
    r"the .+ is not to be had: (?P<why>.+)": lambda t, found: t(
        "the file is not to be had: {why}", why=say_reason(t, found["why"])
    ),
    r"the .+ is larger than (?P<n>\d+) MB, the most that a bot may send: send a link to it": lambda t, found: t(
        "the file is larger than {n} MB, the most that a bot may send: send a link to it", n=found["n"]
    ),
    r"the file is larger than (the )?(?P<n>[\d.]+) MB( that this messenger hands out)?": lambda t, found: t(
        "the file is larger than {n} MB, the most that is taken from this messenger", n=found["n"]
    ),
    r"sent as a file: too large for a [\w ]+": lambda t, _: t("sent as a file: it is too large for anything else"),
    r"sent as a file: Telegram takes no (?P<mime>\S+) for a [\w ]+": lambda t, found: t(
        "sent as a file: Telegram takes {mime} only so", mime=found["mime"]
    ),
    r"sent as a file: WhatsApp takes no (?P<mime>\S+) otherwise": lambda t, found: t(
        "sent as a file: WhatsApp takes {mime} only so", mime=found["mime"]
    ),
    r"WhatsApp takes no (?P<what>.+): send it as PDF, a document of Office, JPEG or MP4, or a link to it": (
        lambda t, found: t(
            "WhatsApp takes no {what}: send it as PDF, a document of Office, JPEG or MP4, or a link to it",
            what=t("files of unknown type") if found["what"] == "files of unknown type" else found["what"],
        )
    ),
    r"sent as a file: not taken as \w+": lambda t, _: t("sent as a file: Telegram did not take it otherwise"),
    r"Telegram lets bots set certain reactions only, and (?P<emoji>\S+) is none of them": lambda t, found: t(
        "Telegram lets bots set certain reactions only, and {emoji} is none of them", emoji=found["emoji"]
    ),
    r"Telegram's server failed at \w+ \((?P<code>\d+)\)": lambda t, found: t(
        "Telegram's server failed ({code})", code=found["code"]
    ),
    r"Avito refused [\w ]+ \((?P<code>\d+)\)(: (?P<told>.+))?": lambda t, found: ": ".join(
        filter(None, (t("Avito did not take it ({code})", code=found["code"]), found["told"]))
    ),
}
"""Reasons with something in them: figures, kinds, other reasons."""


def say_reason(t: Phrases, problem: str) -> str:
    """The reason in the reader's language."""
    for shape, say in _SHAPES.items():
        found = re.fullmatch(shape, problem, re.DOTALL)
        if found is not None:
            return say(t, found)
    if problem in (known := {**_known(t), **whatsapp_reasons(t)}):
        return known[problem]
    first, several, rest = problem.partition("; ")
    return "; ".join((say_reason(t, first), say_reason(t, rest))) if several else problem


def _known(t: Phrases) -> Mapping[str, str]:
    return {
        "the client blocked the bot": t("the client blocked the bot"),
        "the client's Telegram account was deleted": t("the client's Telegram account was deleted"),
        "Telegram knows no such client": t("Telegram knows no such client"),
        "the client does not accept voice messages": t("the client does not accept voice messages"),
        "the message is no longer there, so it cannot be changed": t(
            "the message is no longer there, so it cannot be changed"
        ),
        "Telegram does not let this message be changed": t("Telegram does not let this message be changed"),
        "the file is larger than 20 MB, the most that Telegram hands to bots": t(
            "the file is larger than 20 MB, the most that Telegram hands to bots"
        ),
        "the file is larger than Telegram takes from a bot (50 MB): send a link to it": t(
            "the file is larger than Telegram takes from a bot (50 MB): send a link to it"
        ),
        "Telegram no longer has the file, or it belongs to another bot": t(
            "Telegram no longer has the file, or it belongs to another bot"
        ),
        "the file is empty (0 bytes)": t("the file is empty (0 bytes)"),
        "Telegram no longer has the file": t("Telegram no longer has the file"),
        "the message is no longer there": t("the message is no longer there"),
        "Telegram lets a bot delete a message for 48 hours only": t(
            "Telegram lets a bot delete a message for 48 hours only"
        ),
        "Telegram does not let bots set this reaction": t("Telegram does not let bots set this reaction"),
        "the message is not known any more (it was never sent, or is older than a month)": t(
            "the message is not known any more (it was never sent, or is older than a month)"
        ),
        "sent as a file: too long or too wide for a photo": t("sent as a file: too long or too wide for a photo"),
        "sent without the quoted words": t("sent without the quoted words"),
        "the time in which the messenger lets this client be answered is over": t(
            "the time in which the messenger lets this client be answered is over"
        ),
        "this messenger has no approved texts (templates): write it in your own words": t(
            "this messenger has no approved texts (templates): write it in your own words"
        ),
        "it was not sent in time": t("it was not sent in time"),
        "there is nothing in it that this messenger can show": t("there is nothing in it that this messenger can show"),
        "a file of it has not arrived": t("a file of it has not arrived"),
        "Telegram asks for slower sending": t("Telegram asks for slower sending"),
        "the business account has disconnected the bot, or connected it anew (then a new dialog opens)": t(
            "the business account has disconnected the bot, or connected it anew (then a new dialog opens)"
        ),
        "the bot may answer for a business account for 24 hours, and only in chats that it was given": t(
            "the bot may answer for a business account for 24 hours, and only in chats that it was given"
        ),
        "the business account has not given the bot the right to do this": t(
            "the business account has not given the bot the right to do this"
        ),
        "Telegram lets bots set no reactions in the chats of a business account": t(
            "Telegram lets bots set no reactions in the chats of a business account"
        ),
        "the client does not allow messages of the community: they must write first": t(
            "the client does not allow messages of the community: they must write first"
        ),
        "the community has blocked this client: unblock them in VK first": t(
            "the community has blocked this client: unblock them in VK first"
        ),
        "the client's privacy settings do not let the community write to them": t(
            "the client's privacy settings do not let the community write to them"
        ),
        "the client's VK page was deleted or blocked": t("the client's VK page was deleted or blocked"),
        "VK knows no such client": t("VK knows no such client"),
        "VK asks for slower sending: too many calls per second": t(
            "VK asks for slower sending: too many calls per second"
        ),
        "VK asks for slower sending: too many messages of one kind (flood control)": t(
            "VK asks for slower sending: too many messages of one kind (flood control)"
        ),
        "VK asks for a captcha, which only a person can solve: write to the client in VK itself": t(
            "VK asks for a captcha, which only a person can solve: write to the client in VK itself"
        ),
        "VK lets a message be changed for 24 hours only": t("VK lets a message be changed for 24 hours only"),
        "VK no longer takes this message back at the client: that goes for 24 hours only": t(
            "VK no longer takes this message back at the client: that goes for 24 hours only"
        ),
        "VK does not let a message of this kind be changed": t("VK does not let a message of this kind be changed"),
        "VK does not take these buttons": t("VK does not take these buttons"),
        "VK no longer has the file": t("VK no longer has the file"),
        "VK takes no programs: put the file into an archive and send that": t(
            "VK takes no programs: put the file into an archive and send that"
        ),
        "sent without its formatting": t("sent without its formatting"),
        "sent without some of the buttons: VK shows 10": t("sent without some of the buttons: VK shows 10"),
        "sent as a file: VK does not take it as a photo": t("sent as a file: VK does not take it as a photo"),
        "sent as a file: VK takes a voice message as Opus in Ogg only": t(
            "sent as a file: VK takes a voice message as Opus in Ogg only"
        ),
        "sent as a file: VK takes no video from communities": t("sent as a file: VK takes no video from communities"),
        "sent as a file: VK takes no music from communities": t("sent as a file: VK takes no music from communities"),
        "sent as a file: VK did not take it otherwise": t("sent as a file: VK did not take it otherwise"),
        "the time in which Instagram lets this client be answered is over: they must write again first": t(
            "the time in which Instagram lets this client be answered is over: they must write again first"
        ),
        "Instagram knows no such client: their account was deleted, or wrote to another account": t(
            "Instagram knows no such client: their account was deleted, or wrote to another account"
        ),
        "the client cannot be written to: they blocked the account, or theirs is switched off": t(
            "the client cannot be written to: they blocked the account, or theirs is switched off"
        ),
        "another app holds the conversation with this client: answer there, or pass it on there": t(
            "another app holds the conversation with this client: answer there, or pass it on there"
        ),
        "Meta has restricted the account for breaking its rules: see its status in Instagram": t(
            "Meta has restricted the account for breaking its rules: see its status in Instagram"
        ),
        "Instagram does not take this file: it is too large": t("Instagram does not take this file: it is too large"),
        "Instagram does not take this file: it is broken, or of another kind than its name says": t(
            "Instagram does not take this file: it is broken, or of another kind than its name says"
        ),
        "Instagram does not take this file: it is of a kind that Instagram does not show": t(
            "Instagram does not take this file: it is of a kind that Instagram does not show"
        ),
        "Instagram takes pictures as JPEG, PNG or GIF only: send a link to it": t(
            "Instagram takes pictures as JPEG, PNG or GIF only: send a link to it"
        ),
        "Instagram takes videos as MP4, MOV, WEBM, AVI or OGG only: send a link to it": t(
            "Instagram takes videos as MP4, MOV, WEBM, AVI or OGG only: send a link to it"
        ),
        "Instagram takes sound as AAC, M4A or WAV only, and no voice messages of Telegram: say it in words": t(
            "Instagram takes sound as AAC, M4A or WAV only, and no voice messages of Telegram: say it in words"
        ),
        "Instagram takes no files but PDF: send a link to it": t("Instagram takes no files but PDF: send a link to it"),
        "the picture is larger than 8 MB, the most that Instagram takes: send a link to it": t(
            "the picture is larger than 8 MB, the most that Instagram takes: send a link to it"
        ),
        "the file is larger than 25 MB, the most that Instagram takes: send a link to it": t(
            "the file is larger than 25 MB, the most that Instagram takes: send a link to it"
        ),
        "Instagram no longer hands the file out": t("Instagram no longer hands the file out"),
        "Instagram lets nobody change a message from outside: write another one": t(
            "Instagram lets nobody change a message from outside: write another one"
        ),
        "Instagram lets nobody take a message back from outside: do it in Instagram itself": t(
            "Instagram lets nobody take a message back from outside: do it in Instagram itself"
        ),
        "sent without some of the buttons: Instagram shows 13": t(
            "sent without some of the buttons: Instagram shows 13"
        ),
        "sent without its buttons: Instagram shows them under words only": t(
            "sent without its buttons: Instagram shows them under words only"
        ),
        "a sticker went as its emoji: WhatsApp does not take it": t(
            "a sticker went as its emoji: WhatsApp does not take it"
        ),
        "a sticker went as its emoji: Instagram does not take it": t(
            "a sticker went as its emoji: Instagram does not take it"
        ),
        "Avito does not let a sent message be changed: write another": t(
            "Avito does not let a sent message be changed: write another"
        ),
        "Avito has no reactions": t("Avito has no reactions"),
        "Avito knows no such chat": t("Avito knows no such chat"),
        "Avito does not let the shop write into this chat": t("Avito does not let the shop write into this chat"),
        "Avito asks for slower sending: too many calls": t("Avito asks for slower sending: too many calls"),
        "Avito takes pictures only: send a link to the file, or write it in words": t(
            "Avito takes pictures only: send a link to the file, or write it in words"
        ),
        "Avito takes pictures as JPEG, PNG, GIF, BMP or HEIC only": t(
            "Avito takes pictures as JPEG, PNG, GIF, BMP or HEIC only"
        ),
        "the picture is larger than 24 MB, the most that Avito takes": t(
            "the picture is larger than 24 MB, the most that Avito takes"
        ),
        "the picture has more than 75 megapixels, the most that Avito takes": t(
            "the picture has more than 75 megapixels, the most that Avito takes"
        ),
        "Avito no longer takes this message back at the client: that goes for an hour only": t(
            "Avito no longer takes this message back at the client: that goes for an hour only"
        ),
        "Avito no longer has the file": t("Avito no longer has the file"),
        "sent as a picture: Avito takes no files": t("sent as a picture: Avito takes no files"),
        "sent without its buttons: Avito has none": t("sent without its buttons: Avito has none"),
    }
