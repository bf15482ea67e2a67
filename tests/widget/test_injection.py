"""Whatever a message, a name or an address says, it is shown as words: nothing runs, and no element comes of it."""

import pytest
from playwright.async_api import expect

from tests.widget.stage import Chat

pytestmark = pytest.mark.asyncio(loop_scope="module")

RUN = "window.hacked=1"
TAGS = [
    f"<script>{RUN}</script>",
    f"<ScRiPt>{RUN}</sCrIpT>",
    f"<script src=data:text/javascript,{RUN}></script>",
    f"<img src=x onerror={RUN}>",
    f"<img/src='x'/onerror='{RUN}'>",
    f'<img src=x onerror="{RUN}"//',
    f"<svg onload={RUN}>",
    f"<svg><script>{RUN}</script></svg>",
    f"<svg><animate onbegin={RUN} attributeName=x dur=1s>",
    f"<body onload={RUN}>",
    f"<iframe src=javascript:{RUN}></iframe>",
    "<iframe srcdoc='<script>parent.hacked=1</script>'>",
    f"<details open ontoggle={RUN}>",
    f"<video src=x onerror={RUN}>",
    f"<audio src=x onerror={RUN}>",
    f"<video><source onerror={RUN}>",
    f"<input autofocus onfocus={RUN}>",
    f"<select autofocus onfocus={RUN}>",
    f"<textarea autofocus onfocus={RUN}>",
    f"<marquee onstart={RUN}>",
    f"<object data=javascript:{RUN}>",
    f"<embed src=javascript:{RUN}>",
    f"<a href=javascript:{RUN}>x</a>",
    f"<form action=javascript:{RUN}><button>x",
    f"<math href=javascript:{RUN}>x",
    f"<style>@import 'javascript:{RUN}'</style>",
    f"<link rel=stylesheet href=javascript:{RUN}>",
    f"<base href=javascript:{RUN}//>",
    f"<meta http-equiv=refresh content='0;url=javascript:{RUN}'>",
    f"<template><img src=x onerror={RUN}></template>",
    f'"><img src=x onerror={RUN}>',
    f"'><svg onload={RUN}>",
    f"</textarea><script>{RUN}</script>",
    f"</title><script>{RUN}</script>",
    f"</style><script>{RUN}</script>",
    f"--><script>{RUN}</script>",
    f"]]><script>{RUN}</script>",
    f'" onmouseover="{RUN}',
    f"' autofocus onfocus='{RUN}",
    f"&lt;img src=x onerror={RUN}&gt;",
    f"&#60;script&#62;{RUN}&#60;/script&#62;",
    f"\\u003cscript\\u003e{RUN}\\u003c/script\\u003e",
    f"\x00<script>{RUN}</script>",
    f"<scr\x00ipt>{RUN}</script>",
    f"<<script>{RUN}//<</script>",
    f"<noscript><p title='</noscript><img src=x onerror={RUN}>'>",
    f"${{{RUN}}}",
    f"{{{{constructor.constructor('{RUN}')()}}}}",
    "__proto__",
    "constructor",
    "toString",
    f"<open-lines><img src=x onerror={RUN}></open-lines>",
    f"<dialog open><img src=x onerror={RUN}>",
    f"`-{RUN}-`",
    f"';{RUN};//",
]
ADDRESSES = [
    f"javascript:{RUN}",
    f"JaVaScRiPt:{RUN}",
    f" javascript:{RUN}",
    f"java\tscript:{RUN}",
    f"java\nscript:{RUN}",
    f"\x01javascript:{RUN}",
    f"javascript://%0a{RUN}",
    f"javascript:{RUN}//https://",
    f"vbscript:{RUN}",
    f"data:text/html,<script>{RUN}</script>",
    "data:text/html;base64,PHNjcmlwdD5oYWNrZWQ9MTwvc2NyaXB0Pg==",
    "blob:https://x/1",
    "file:///etc/passwd",
    "//evil.example",
    "/evil",
    "view-source:https://x",
    f"feed:javascript:{RUN}",
    f"jar:javascript:{RUN}!/",
    f"&#106;avascript:{RUN}",
    f"%6aavascript:{RUN}",
]
CHILDREN = {"DIV", "SPAN", "SMALL", "TIME", "svg", "path", "BUTTON", "A", "B", "I", "PRE", "IMG"}
"""What rows are made of."""


async def checked(chat: Chat, rows: int) -> None:
    """Nothing ran, and every row is made of our own elements only, with addresses that may be followed."""
    await expect(chat.rows).to_have_count(rows)
    each = "['mouseover', 'focus', 'click'].forEach((type) => one.dispatchEvent(new Event(type)))"
    await chat.root.locator(".keys button, button.doc, .their .b").evaluate_all(
        f"(all) => all.forEach((one) => {each})"
    )
    names = await chat.root.locator(".row *").evaluate_all("(all) => [...new Set(all.map((one) => one.tagName))]")
    assert set(names) <= CHILDREN
    addresses = await chat.root.locator(".row a").evaluate_all("(all) => all.map((one) => [one.protocol, one.rel])")
    assert {address[0] for address in addresses} <= {"https:", "http:", "mailto:", "tel:"}
    assert {address[1] for address in addresses} <= {"noreferrer"}
    attributes = "(all) => all.flatMap((one) => one.getAttributeNames()).filter((name) => name.startsWith('on'))"
    assert await chat.root.locator(".row *").evaluate_all(attributes) == []
    assert await chat.page.evaluate("window.hacked") is None


@pytest.mark.parametrize("place", ["text", "author", "file", "button", "entity", "place", "person", "quote"])
async def test_no_tag_becomes_one(chat, gateway, place) -> None:
    gateway.files["f"] = (b"<script>window.hacked=1</script>", "text/html")
    await chat.open()
    for number, evil in enumerate(TAGS):
        said = evil if place in {"text", "quote"} else "Слова"
        more = {
            "text": {},
            "author": {"author": evil},
            "file": {"files": [{"file": "f", "grant": evil[:0] + "g", "kind": "document", "name": evil, "size": 7}]},
            "button": {"buttons": [[{"text": evil, "data": evil}]]},
            "entity": {
                "entities": [{"kind": evil, "offset": 0, "length": 3}, {"kind": "bold", "offset": 0, "length": 5}]
            },
            "place": {"place": {"latitude": evil, "longitude": evil, "title": evil, "address": evil}},
            "person": {"person": {"name": evil, "phone": evil}},
            "quote": {"reply_to": f"9.{number}"},
        }[place]
        await gateway.write(said, id=f"9.{number + 1}", **more)
    await checked(chat, len(TAGS))
    shown = " ".join(await chat.rows.all_text_contents())
    if place != "entity":
        assert f"<script>{RUN}</script>" in shown


async def test_no_address_that_runs_becomes_a_link(chat, gateway) -> None:
    await chat.open()
    for address in ADDRESSES:
        await gateway.write(
            f"{address} и слова", buttons=[[{"text": "Открыть", "url": address}]],
            entities=[{"kind": "text_link", "offset": 0, "length": 5, "url": address}],
        )  # fmt: skip
    await checked(chat, len(ADDRESSES))


async def test_what_the_site_says_of_itself_is_words(page, site, gateway) -> None:
    await page.add_init_script("origin != 'null' && localStorage.clear()")  # a blank page has none
    for number, evil in enumerate(TAGS[: len(ADDRESSES)]):
        gateway.look |= {"title": evil, "greeting": evil, "policy": ADDRESSES[number], "color": f"red;}}{evil}"}
        gateway.look |= {"ask": [{"field": "name", "required": False}]}
        await page.goto(site.url)
        chat = Chat(page)
        await chat.open()
        await expect(chat.root.get_by_role("heading")).to_have_text(evil)
        await expect(chat.root.locator(".row.their .text")).to_have_text(evil)
        await expect(chat.root.locator(".ask a")).to_have_count(0)
        assert await chat.root.locator("script, iframe").count() == 0
        assert await page.evaluate("window.hacked") is None


async def test_links_are_found_and_end_where_a_reader_would_end_them(chat, gateway) -> None:
    await chat.open()
    text = (
        "Сайт https://shop.example.com/a?b=1&c=(2)#d, www.example.com! почта maria@example.com. "
        "Звоните +7 (900) 123-45-67; не ссылки: javascript:alert(1) file:///etc 1.5 и http:// и 2+2"
    )
    await gateway.write(text)
    await expect(chat.their()).to_have_text(text)
    links = chat.root.locator(".row a")
    assert await links.evaluate_all("(all) => all.map((one) => one.getAttribute('href'))") == [
        "https://shop.example.com/a?b=1&c=(2)#d",
        "https://www.example.com/",
        "mailto:maria@example.com",
        "tel:+7(900)123-45-67",
    ]


ENDS = {
    "(см. https://a.example/x)": "https://a.example/x",
    "https://ru.example/wiki/Роза_(цветок)": "https://ru.example/wiki/Роза_(цветок)",
    "(https://ru.example/wiki/Роза_(цветок)).": "https://ru.example/wiki/Роза_(цветок)",
    "[https://a.example/x]": "https://a.example/x",
    "https://a.example/?q[]=1": "https://a.example/?q[]=1",
    "{https://a.example/x}": "https://a.example/x",
    "https://a.example/{id}": "https://a.example/{id}",
    "((https://a.example/(x)))": "https://a.example/(x)",
    "«https://a.example/x»": "https://a.example/x",
    '"https://a.example/x"': "https://a.example/x",
    "“https://a.example/x”": "https://a.example/x",
    "„https://a.example/x“": "https://a.example/x",
    "'https://a.example/x',": "https://a.example/x",
    "‘https://a.example/x’": "https://a.example/x",
    "https://a.example/it's": "https://a.example/it's",
    "https://a.example/x?!": "https://a.example/x",
    "https://a.example/x…": "https://a.example/x",
    "https://a.example/x...": "https://a.example/x",
    "https://a.example/x?a=1;": "https://a.example/x?a=1",
    "https://a.example/x)»,": "https://a.example/x",
    "https://a.example/x。": "https://a.example/x",
    "（https://a.example/x）": "https://a.example/x",
    "https://a.example/x/": "https://a.example/x/",
    "https://a.example/x_": "https://a.example/x_",
    "https://a.example/x-": "https://a.example/x-",
    "<https://a.example/x>": "https://a.example/x",
    "(www.a.example)": "www.a.example",
    "(m@a.example)": "m@a.example",
    "https://a.example/(": "https://a.example/(",
    "https://a.example/)(": "https://a.example/)(",
}


async def test_a_mark_behind_a_link_belongs_to_it_only_where_the_link_opened_it(chat, gateway) -> None:
    await chat.open()
    for text in ENDS:
        await gateway.write(text)
    await expect(chat.their()).to_have_text(list(ENDS))
    found = await chat.root.locator(".row.their a").evaluate_all("(all) => all.map((one) => one.textContent)")
    assert dict(zip(ENDS, found, strict=True)) == ENDS


async def test_entities_are_elements_with_the_same_words(chat, gateway) -> None:
    await chat.open()
    kinds = ["bold", "italic", "underline", "strikethrough", "code", "pre"]
    text = " ".join(kinds) + " 😀 ссылка"
    entities = [{"kind": kind, "offset": text.index(kind), "length": len(kind)} for kind in kinds]
    entities.append({"kind": "text_link", "offset": len(text) - 6 + 1, "length": 6, "url": "https://example.com/"})
    await gateway.write(text, entities=entities)
    await expect(chat.their()).to_have_text(text)
    made = await chat.root.locator(".text *").evaluate_all("(all) => all.map((one) => [one.tagName, one.textContent])")
    assert made == [[tag, kind] for tag, kind in zip(["B", "I", "U", "S", "CODE", "PRE"], kinds, strict=True)] + [
        ["A", "ссылка"]
    ]
