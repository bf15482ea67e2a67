"""The command line against a real sandbox: check, invite, dead letters, tokens that die and come back."""

import asyncio

from tests.story.stage import Stage, labels, until, words


async def test_check_says_that_all_is_well_and_changes_nothing(tmp_path):
    async with Stage(tmp_path) as stage:
        code, table, errors = await stage.gateway.command("check")
        assert (code, errors) == (0, ""), table + errors
        for subject in ("redis", "archive", "operator_bot", "lines.sales.accounts.shop"):
            assert subject in table
        assert "@shop_bot" in table
        assert "@desk_bot" in table
        assert not (stage.data / "redis").exists(), "it starts no server"


async def test_check_tells_each_trouble_in_a_sentence_and_fails(tmp_path):
    async with Stage(tmp_path) as stage:
        stage.sandbox.revoke_token(stage.shop)
        stage.gateway.environment["GATEWAY_OPERATOR_BOT__PROXY"] = "http://user:secretpass@127.0.0.1:9"
        code, table, errors = await stage.gateway.command("check")
        assert code == 1
        assert "Traceback" not in table + errors
        assert "secretpass" not in table + errors
        assert stage.sandbox.bot("desk_bot").token not in table + errors
        wrong = [line for line in table.splitlines() if "  wrong  " in line]
        assert len(wrong) == 2, table
        assert "2 of" in errors


async def test_check_of_wrong_settings_names_the_setting(tmp_path):
    async with Stage(tmp_path) as stage:
        stage.gateway.environment["GATEWAY_LINES__SALES__ACCOUNTS__SHOP__TOKEN"] = "not-a-token"
        code, table, errors = await stage.gateway.command("check")
        assert code == 1
        assert "lines.sales.accounts.shop.token" in errors
        assert "not-a-token" not in table + errors
        assert "Traceback" not in errors


async def test_check_without_redis_is_a_sentence(tmp_path):
    async with Stage(tmp_path, environment={"GATEWAY_REDIS_URL": "redis://:hush@127.0.0.1:9/0"}) as stage:
        code, table, errors = await stage.gateway.command("check")
        assert code == 1
        assert "hush" not in table + errors
        assert "Traceback" not in table + errors


async def test_a_second_gateway_on_the_same_folder_is_refused_with_a_sentence(tmp_path):
    async with Stage(tmp_path) as stage:
        await stage.gateway.start()
        stage.gateway.environment["GATEWAY_HTTP__PORT"] = "0"
        code, out, errors = await stage.gateway.command("run")
        assert code == 1
        assert "Traceback" not in out + errors
        assert str(stage.data.name) in errors


async def test_a_busy_port_is_a_sentence(tmp_path):
    async with Stage(tmp_path) as stage:
        stage.gateway.environment["GATEWAY_HTTP__PORT"] = stage.sandbox.url.rsplit(":", 1)[1]
        code, out, errors = await stage.gateway.command("run")
        assert code == 1
        assert "http.port" in errors
        assert "Traceback" not in out + errors


async def test_an_invite_works_once(tmp_path):
    async with Stage(tmp_path) as stage:
        await stage.open()
        code, link, _ = await stage.gateway.command("invite", "--role", "supervisor")
        assert code == 0
        token = link.strip().rsplit("start=", 1)[1]
        assert link.startswith("https://t.me/desk_bot?start=")
        stage.sandbox.people.start(stage.ivan, stage.desk, token)
        stage.sandbox.people.start(stage.maria, stage.desk, token)

        async def in_the_end():
            chats = [
                [words(one) for one in stage.chat(who, stage.desk) if one.is_out] for who in (stage.ivan, stage.maria)
            ]
            return all(chats) and "супервизор" in chats[0][0] and "риглаш" in chats[1][0]

        await until(in_the_end, lambda: str([words(one) for one in stage.chat(stage.maria, stage.desk)]))
        assert token not in stage.gateway.log
        assert stage.rows("SELECT role FROM operators WHERE id = ?", str(stage.maria)) == []


async def test_a_stranger_gets_no_further_than_a_sentence(tmp_path):
    async with Stage(tmp_path) as stage:
        await stage.open()
        stage.writes(stage.maria, "вопрос")
        card = await stage.card(stage.anna, "Мария")
        stage.sandbox.people.start(stage.ivan, stage.desk)
        await stage.sees_at(stage.ivan, stage.desk, lambda one: "риглаш" in words(one))
        for text in ("я свой", "/waiting", "/my", "// заметка"):
            stage.sandbox.people.text(stage.ivan, stage.desk, text)
        await stage.presses(stage.anna, card, "Ответить")
        stage.says(stage.anna, "ответ")
        await stage.sees(stage.maria, lambda one: words(one) == "ответ")
        assert [words(one) for one in stage.chat(stage.maria, stage.shop) if one.is_out] == ["ответ"]
        assert len([one for one in stage.chat(stage.ivan, stage.desk) if one.is_out]) == 1


async def test_a_revoked_token_parks_the_account_tells_admins_and_resumes_when_mended_in_the_file(tmp_path):
    settings = tmp_path / "gateway.toml"
    async with Stage(tmp_path) as stage:
        token = stage.gateway.environment.pop("GATEWAY_LINES__SALES__ACCOUNTS__SHOP__TOKEN")
        stage.gateway.environment["GATEWAY_CONFIG"] = str(settings)
        settings.write_text(f'[lines.sales.accounts.shop]\ntoken = "{token}"\n')
        await stage.open()
        stage.writes(stage.maria, "до беды")
        await stage.claims(stage.anna, "Мария")
        fresh = stage.sandbox.revoke_token(stage.shop)
        stage.says(stage.anna, "ответ в беде")
        alarm = await stage.sees(
            stage.anna, lambda one: ("shop" in words(one) and "⛔" in words(one)) or "не работает" in words(one)
        )
        assert token not in words(alarm)
        stage.writes(stage.maria, "во время беды")
        settings.write_text(f'[lines.sales.accounts.shop]\ntoken = "{fresh}"\n')
        await stage.sees(stage.maria, lambda one: words(one) == "ответ в беде", seconds=60)
        await stage.sees(stage.anna, lambda one: "во время беды" in words(one))
        assert token not in stage.gateway.log
        assert fresh not in stage.gateway.log


async def test_dead_letters_are_listed_and_replayed(tmp_path):
    async with Stage(tmp_path) as stage:
        code, out, _ = await stage.gateway.command("dead", "list")
        assert (code, out.strip()) == (0, "no dead letters")
        code, _, errors = await stage.gateway.command("dead", "replay", "foo")
        assert code == 1
        assert "'foo' is not the id of a dead letter" in errors
        assert "Redis" not in errors
        code, _, errors = await stage.gateway.command("dead", "replay", "1-1")
        assert code == 1
        assert "dead list" in errors


async def test_a_line_changed_in_the_settings_is_told_and_applied_by_hand(tmp_path):
    async with Stage(tmp_path) as stage:
        await stage.open()
        await stage.gateway.stop()
        stage.gateway.environment["GATEWAY_LINES__SALES__TITLE"] = "Отдел продаж"
        await stage.gateway.start()
        assert "gateway line apply sales" in stage.gateway.log
        code, _, errors = await stage.gateway.command("line", "apply", "sales")
        assert code == 0, errors
        stage.writes(stage.maria, "вопрос")
        card = await stage.sees(stage.anna, lambda one: "Отдел продаж" in words(one))
        assert "Ответить" in labels(card)


async def test_roles_can_run_in_processes_of_their_own_on_one_redis(tmp_path, redis_url, keys):
    more = {"GATEWAY_REDIS_URL": redis_url, "GATEWAY_REDIS_PREFIX": keys.prefix}
    async with Stage(tmp_path, environment=more) as stage:
        front = await asyncio.create_subprocess_exec(
            *stage.gateway.argv("run", "web", "connectors"), **stage.gateway.child()
        )
        stage.gateway.environment["GATEWAY_HTTP__PORT"] = "0"
        back = await asyncio.create_subprocess_exec(
            *stage.gateway.argv("run", "router", "operator-bot", "archive"), **stage.gateway.child()
        )
        try:
            stage.sandbox.people.start(stage.anna, stage.desk)
            await stage.sees(stage.anna, lambda one: "смен" in words(one), seconds=60)
            stage.writes(stage.maria, "по частям")
            await stage.claims(stage.anna, "Мария")
            stage.says(stage.anna, "ответ по частям")
            await stage.sees(stage.maria, lambda one: words(one) == "ответ по частям")
            assert not (stage.data / "redis").exists(), "nothing is embedded where a server is named"

            async def recorded():
                return stage.rows("SELECT count(*) FROM messages") == [(2,)]

            await until(recorded, lambda: str(stage.rows("SELECT text FROM messages")))
        finally:
            for one in (front, back):
                one.terminate()
            assert [await one.wait() for one in (front, back)] == [0, 0]
