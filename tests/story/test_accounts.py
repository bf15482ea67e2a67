"""Several accounts in one gateway: what befalls one of them is its own trouble."""

from tests.story.community import VkStage
from tests.story.stage import words


async def test_a_revoked_token_of_one_account_stops_none_of_the_others_and_it_resumes_when_mended(tmp_path):
    settings = tmp_path / "gateway.toml"
    async with VkStage(tmp_path, "polling") as stage:
        token = stage.gateway.environment.pop("GATEWAY_LINES__SALES__ACCOUNTS__ROMASHKA__TOKEN")
        stage.gateway.environment["GATEWAY_CONFIG"] = str(settings)
        settings.write_text(f'[lines.sales.accounts.romashka]\ntoken = "{token}"\n')
        await stage.open()
        stage.people.text(stage.irina, stage.romashka, "до беды")
        await stage.claims(stage.anna, "Ирина")
        asked = await stage.sees(stage.anna, lambda one: "Вы отвечаете" in words(one))

        fresh = "vk1.a.another-token-of-the-community"
        stage.sandbox.vk.world.replace_token(stage.sandbox.vk.world.communities[stage.romashka], fresh)
        stage.says(stage.anna, "ответ в беде")
        alarm = await stage.sees(stage.anna, lambda one: "romashka" in words(one) and "⛔" in words(one))
        assert token not in words(alarm)
        assert "romashka" not in " ".join(words(one) for one in stage.chat(stage.boris) if "⛔" in words(one)), (
            "no admin"
        )

        # The other account, which is as usual, both ways and more than once.
        for text in ("раз", "два"):
            stage.writes(stage.maria, text)
            await stage.sees(stage.boris, lambda one, text=text: words(one).endswith(text))
            if text == "раз":
                await stage.claims(stage.boris, "Мария")
            stage.says(stage.boris, f"ответ {text}")
            await stage.sees(stage.maria, lambda one, text=text: words(one) == f"ответ {text}")

        stage.people.text(stage.irina, stage.romashka, "во время беды")
        assert await stage.gateway.status("/healthz") == 200
        settings.write_text(f'[lines.sales.accounts.romashka]\ntoken = "{fresh}"\n')
        await stage.irina_sees(lambda one: one.body["text"] == "ответ в беде")
        await stage.sees(stage.anna, lambda one: "✅" in words(one) and "romashka" in words(one))
        await stage.sees(stage.anna, lambda one: "во время беды" in words(one))
        assert [one.body["text"] for one in stage.dialog() if one.is_out] == ["ответ в беде"], "once"
        assert asked is not None
        assert not [one for one in (token, fresh) if one in stage.gateway.log]
