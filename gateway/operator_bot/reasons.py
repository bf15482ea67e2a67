"""Why something did not go through, in the reader's language, where it is a reason that people meet often. Pure.

Connectors and files/ give their reasons as English sentences; one that is not known here is shown as it came, so
nothing is lost by a new one. A test holds that each of these is still said somewhere.
"""

from gateway.operator_bot.texts import Phrases


def say_reason(t: Phrases, problem: str) -> str:
    """The reason in the reader's language."""
    known = {
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
    }
    return known.get(problem, problem)
