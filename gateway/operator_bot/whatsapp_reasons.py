"""Why WhatsApp did not do something, in the reader's language: its connector's sentences. Pure."""

from collections.abc import Mapping

from gateway.operator_bot.texts import Phrases


def whatsapp_reasons(t: Phrases) -> Mapping[str, str]:
    """Each of the connector's sentences that people meet, and how it is said."""
    return {
        "WhatsApp failed for a reason that it does not tell": t("WhatsApp failed for a reason that it does not tell"),
        "WhatsApp is down for a while": t("WhatsApp is down for a while"),
        "the token lacks the right to it: give it whatsapp_business_messaging and whatsapp_business_management": t(
            "the token lacks the right to it: give it whatsapp_business_messaging and whatsapp_business_management"
        ),
        "WhatsApp asks for slower sending: too many calls of the app": t(
            "WhatsApp asks for slower sending: too many calls of the app"
        ),
        "WhatsApp has restricted the business for breaking its rules: see Meta's Business manager": t(
            "WhatsApp has restricted the business for breaking its rules: see Meta's Business manager"
        ),
        "WhatsApp asks for slower sending: too many calls of the business account": t(
            "WhatsApp asks for slower sending: too many calls of the business account"
        ),
        "WhatsApp asks for slower sending: too many messages of this number": t(
            "WhatsApp asks for slower sending: too many messages of this number"
        ),
        "WhatsApp keeps this client from such messages for an experiment of its own; sending again does not help": t(
            "WhatsApp keeps this client from such messages for an experiment of its own; sending again does not help"
        ),
        "WhatsApp does not let this business write to clients of that country": t(
            "WhatsApp does not let this business write to clients of that country"
        ),
        "a number cannot write to itself": t("a number cannot write to itself"),
        "WhatsApp cannot deliver to this client: they may have no WhatsApp, an old one, or have blocked us": t(
            "WhatsApp cannot deliver to this client: they may have no WhatsApp, an old one, or have blocked us"
        ),
        "the number is a test number, and this client is not on its list of recipients": t(
            "the number is a test number, and this client is not on its list of recipients"
        ),
        "WhatsApp has locked the business account: see Meta's Business manager": t(
            "WhatsApp has locked the business account: see Meta's Business manager"
        ),
        "the number has no approved display name yet: see WhatsApp Manager": t(
            "the number has no approved display name yet: see WhatsApp Manager"
        ),
        "WhatsApp wants a payment method of the business account: see the billing in Meta's Business manager": t(
            "WhatsApp wants a payment method of the business account: see the billing in Meta's Business manager"
        ),
        "the number is not registered with WhatsApp as it should be: register it in WhatsApp Manager": t(
            "the number is not registered with WhatsApp as it should be: register it in WhatsApp Manager"
        ),
        "more than 24 hours have passed since the client's last message: only an approved template can be sent": t(
            "more than 24 hours have passed since the client's last message: only an approved template can be sent"
        ),
        "WhatsApp limits this number, because clients have blocked it or complained": t(
            "WhatsApp limits this number, because clients have blocked it or complained"
        ),
        "WhatsApp does not deliver more marketing to this client for now; not before tomorrow": t(
            "WhatsApp does not deliver more marketing to this client for now; not before tomorrow"
        ),
        "the client has opted out of marketing messages of this business": t(
            "the client has opted out of marketing messages of this business"
        ),
        "WhatsApp does not take messages of this kind": t("WhatsApp does not take messages of this kind"),
        "WhatsApp could not load the client's file: ask them to send it again": t(
            "WhatsApp could not load the client's file: ask them to send it again"
        ),
        "WhatsApp could not take the file: send it as another kind, or a link to it": t(
            "WhatsApp could not take the file: send it as another kind, or a link to it"
        ),
        "WhatsApp asks for slower sending: too many messages to this client": t(
            "WhatsApp asks for slower sending: too many messages to this client"
        ),
        "the number is under maintenance for a few minutes": t("the number is under maintenance for a few minutes"),
        "a message of this kind cannot go to a client who hides their number": t(
            "a message of this kind cannot go to a client who hides their number"
        ),
        "the template wants another number of variables": t("the template wants another number of variables"),
        "WhatsApp has no such approved template in this language": t(
            "WhatsApp has no such approved template in this language"
        ),
        "the template is too long with these words in it": t("the template is too long with these words in it"),
        "WhatsApp refuses the template: it breaks the rules for its kind": t(
            "WhatsApp refuses the template: it breaks the rules for its kind"
        ),
        "a variable of the template is not as the template wants it": t(
            "a variable of the template is not as the template wants it"
        ),
        "WhatsApp has paused the template for its low quality": t(
            "WhatsApp has paused the template for its low quality"
        ),
        "WhatsApp has switched the template off for its low quality": t(
            "WhatsApp has switched the template off for its low quality"
        ),
        "the number is not registered with WhatsApp: register it in WhatsApp Manager": t(
            "the number is not registered with WhatsApp: register it in WhatsApp Manager"
        ),
        "WhatsApp takes no more registrations of this number for now": t(
            "WhatsApp takes no more registrations of this number for now"
        ),
        "the client's identity has changed and is not confirmed yet": t(
            "the client's identity has changed and is not confirmed yet"
        ),
        "WhatsApp did not deliver it and did not say why": t("WhatsApp did not deliver it and did not say why"),
        "WhatsApp lets no business change a message that was sent: write a correction": t(
            "WhatsApp lets no business change a message that was sent: write a correction"
        ),
        "WhatsApp lets no business take a message back": t("WhatsApp lets no business take a message back"),
        "WhatsApp no longer has the file: ask the client to send it again": t(
            "WhatsApp no longer has the file: ask the client to send it again"
        ),
        "the file arrived damaged: ask the client to send it again": t(
            "the file arrived damaged: ask the client to send it again"
        ),
        "sent as a file: it is too large for WhatsApp otherwise": t(
            "sent as a file: it is too large for WhatsApp otherwise"
        ),
        "sent as a file: WhatsApp did not take it otherwise": t("sent as a file: WhatsApp did not take it otherwise"),
        "sent without some of the buttons: WhatsApp shows 10": t("sent without some of the buttons: WhatsApp shows 10"),
    }
