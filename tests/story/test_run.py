"""`make run` as the person at the terminal knows it: one address, a clean end, nothing forgotten."""

import asyncio
import re
import signal
import socket
import time

import aiohttp

from tests.story.product import Product, labels, until, words


async def test_the_first_address_is_the_page_and_everybody_is_let_in(tmp_path):
    async with Product(tmp_path) as product:
        await product.start()
        first = re.search(r"http://\S+", product.output).group()
        async with aiohttp.ClientSession() as session, session.get(first) as answer:
            assert (answer.status, answer.content_type) == (200, "text/html")
        anna = await product.sees("Анна", lambda one: "Здравствуйте" in words(one))
        boris = await product.sees("Борис", lambda one: "Здравствуйте" in words(one))
        assert "администратор" in words(anna)
        assert "оператор" in words(boris)
        for customer in ("Мария", "Иван"):
            assert await product.chat(customer) == []


async def test_a_busy_port_is_one_sentence(tmp_path):
    with socket.create_server(("127.0.0.1", 0)) as busy:
        port = busy.getsockname()[1]
        async with Product(tmp_path) as product:
            process = await product.launch(port=port)
            async with asyncio.timeout(20):
                assert await process.wait() == 1
            [sentence] = product.output.splitlines()
            assert str(port) in sentence
            assert "PORT=" in sentence
            assert not product.data.exists()


async def test_ctrl_c_ends_everything(tmp_path):
    async with Product(tmp_path) as product:
        await product.start()
        doing = " ".join(product.processes().values())
        for part in ("-m sandbox", "-m gateway run", "server.sock"):
            assert part in doing
        began = time.monotonic()
        assert await product.stop(signal.SIGINT) == 0
        assert time.monotonic() - began < 10
        assert product.processes() == {}
        assert not (product.data / "redis" / "server.sock").exists()
        assert "Traceback" not in product.output


async def test_a_second_run_finds_everything_as_it_was(tmp_path):
    async with Product(tmp_path) as product:
        await product.start()
        await product.act("Мария", "start")
        await product.act("Мария", "text", text="Есть пионы?")
        card = await product.sees("Анна", lambda one: "Есть пионы?" in words(one) and "Ответить" in labels(one))
        assert "Вы отвечаете" in await product.presses("Анна", card, "Ответить")
        await product.act("Иван", "text", text="Где мой заказ?")
        waiting = await product.sees("Борис", lambda one: "Где мой заказ?" in words(one) and "Ответить" in labels(one))
        # All that is on its way to the two has come: Анна has the second card too, Борис knows who has the first.
        await product.sees("Анна", lambda one: "Где мой заказ?" in words(one) and "Ответить" in labels(one))
        await product.sees("Борис", lambda one: "отвечает Анна" in words(one))
        before = {person: await product.chat(person) for person in ("Мария", "Иван", "Анна", "Борис")}
        assert await product.stop() == 0

        await product.start()
        assert {person: await product.chat(person) for person in before} == before
        await product.act("Анна", "text", text="Есть, свежие")
        await product.sees("Мария", lambda one: words(one) == "Есть, свежие")
        assert "Вы отвечаете" in await product.presses("Борис", waiting, "Ответить")
        await product.act("Борис", "text", text="Уже едет")
        await product.sees("Иван", lambda one: words(one) == "Уже едет")
        own = await product.sees("Анна", lambda one: "Вы отвечаете" in words(one) and "История" in labels(one))
        await product.presses("Анна", own, "История")
        await product.sees("Анна", lambda one: "История:" in words(one) and "Есть пионы?" in words(one))


async def test_a_gateway_that_was_killed_comes_back_by_itself(tmp_path):
    async with Product(tmp_path) as product:
        await product.start()
        shown = []

        async def follow():
            async with aiohttp.ClientSession() as session, session.get(f"{product.url}/sandbox/api/events") as events:
                async for line in events.content:
                    if b'"state"' in line:
                        shown.append(await product.gateway())

        following = asyncio.create_task(follow())
        [gateway] = [number for number, line in product.processes().items() if "-m gateway run" in line]
        await asyncio.create_subprocess_exec("kill", "-KILL", str(gateway))

        async def is_back() -> bool:
            return "running" in shown and gateway not in product.processes()

        await until(is_back, lambda: f"the page was shown {shown}:\n{product.output[-3000:]}")
        following.cancel()
        assert {"starting", "stopped"} & set(shown[: shown.index("running")])
        assert "The gateway died" in product.output
        await product.act("Мария", "text", text="Вы тут?")
        await product.sees("Анна", lambda one: "Вы тут?" in words(one) and "Ответить" in labels(one))
        assert await product.stop() == 0
        assert product.processes() == {}
