import re

from gateway.operator_bot.inbound.invites import digest_of, invite_link, new_token


def test_a_link_opens_the_bot_and_presses_start_with_the_token() -> None:
    token = new_token()

    assert invite_link("@desk_bot", token) == invite_link("desk_bot", token) == f"https://t.me/desk_bot?start={token}"
    assert re.fullmatch(r"[A-Za-z0-9_-]{22}", token)  # Telegram takes up to 64 of these characters


def test_a_digest_tells_tokens_apart_and_does_not_give_them_away() -> None:
    one, other = new_token(), new_token()

    assert digest_of(one) == digest_of(one)
    assert digest_of(one) != digest_of(other)
    assert one not in digest_of(one)
