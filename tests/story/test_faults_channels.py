"""The short fault run over VK, Avito, WhatsApp and Instagram in one gateway: SIGKILLs of it and of Redis, and vendors
who deliver twice, answer 500, and do what was asked without being heard to say so. Judged by the ledger.
"""

import random

import pytest

from tests.story.channels import CHANNELS, ChannelsStage
from tests.story.faultrun import FaultRun, Kills
from tests.story.stage import words

KILLS = Kills(gateway=4, redis=2)
OF_EACH = 2
SEED = 20261128
SENDS = {"vk": "messages.send", "avito": "send", "whatsapp": "messages", "instagram": "messages"}
AMBIGUOUS = ("reset", "lost_reply")
"""Both do what was asked; then nobody is told."""
POSTS = {"vk": "callback", "avito": "webhook", "whatsapp": "webhook", "instagram": "webhook"}


def rules(chance):
    """What vendors do wrong: with sends, with what they bring, and with what is looked up."""
    wanted = [
        *((messenger, call, fault, 0.1) for messenger, call in SENDS.items() for fault in AMBIGUOUS),
        *((messenger, call, "500", 0.1) for messenger, call in SENDS.items() if messenger != "instagram"),
        ("instagram", "messages", "502", 0.05),  # after its 500 a client is left alone for long
        *((messenger, call, fault, 0.15) for messenger, call in POSTS.items() for fault in ("duplicate", "lost_reply")),
        ("vk", "longpoll", "duplicate", 0.2),
        ("vk", "longpoll", "500", 0.05),
        ("vk", "users.get", "500", 0.3),
        ("avito", "messages", "500", 0.1),
        ("avito", "send", "429", 0.05),
    ]
    names = ("messenger", "method", "fault", "probability")
    return [dict(zip(names, one, strict=True), seed=chance.randrange(2**30)) for one in wanted]


@pytest.mark.timeout(300)  # four starts, on a machine that does other things beside
async def test_nothing_is_lost_doubled_or_swapped_on_any_channel(tmp_path):
    chance = random.Random(SEED)
    async with ChannelsStage(tmp_path) as stage:
        await stage.open()
        clients = [stage.client(channel, number) for number, channel in enumerate(CHANNELS * OF_EACH)]
        run = FaultRun(stage, chance, clients, KILLS, most=40, pause=(0.3, 0.9), hands_pause=(0.2, 0.6), greets=True)
        stage.set_faults(rules(chance))
        await run.play()
        fired = stage.set_faults([])
        await run.settle(stage.is_calm)
        ledger = run.judge()
        assert ledger.faults() == [], stage.gateway.log[-3000:]
        assert (run.gateway_kills, run.redis_kills) == KILLS
        assert min(map(len, ledger.written.values())) >= 2 * KILLS.gateway, "too little for the kills to meet"
        assert not [one for one in SENDS if not sum(fired[one, fault] for fault in AMBIGUOUS)], fired
        copies = [words(one) for one in stage.chat(stage.anna) + stage.chat(stage.boris) if one.is_out]
        assert not [one for one in copies if "Ответ из" in one], "our own words are nobody's news"
