"""How content that cannot be shown is called, by its messenger's own name for it: a channel's manifest has its kinds.

Messengers have new kinds each year: one that no manifest has is quoted within a sentence of the reader's language.
"""

from collections.abc import Mapping

from gateway.connectors.manifests import kind_labels
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


def kinds(t: Phrases) -> Mapping[str, str]:
    """Every kind that is known, of all channels."""
    return kind_labels(t.language)
