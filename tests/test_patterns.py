"""No text of a stranger keeps a regular expression busy: each pattern of the gateway, on what such patterns dread."""

import importlib
import pkgutil
import re
import time

import pytest
import regex

import gateway

LENGTH = 4000
"""Signs of a hostile text: a pattern that takes each of them for a beginning would take sixteen million steps."""
SECONDS = 1.0
"""Of the processor, for all texts together; an exponential one would not end at all."""
PIECES = (
    *("a", "1", ".", " ", "[", "(", "/", "@", "-", "_", "{", "\n", "\x00", "ж", "\U0001f469\u200d"),
    *(
        "a.",
        "a-",
        "a@",
        "a ",
        "1:",
        "[[",
        "[[a",
        "{{ ",
        "{{1}}",
        "[[a]] ",
        "[id1|",
        "[id1|a] ",
        "www.",
        "://",
        "http://",
    ),
    *("https://a.", "a@a.", "mailto:a", "?a=b&", "\\u00", "(?:", "Invalid ", "archive:1", ";a=", "%3", "/bot1", "@a-"),
)


def patterns() -> list[tuple[str, "re.Pattern[str]"]]:
    """Every pattern that stands in a module, by its name."""
    found = []
    for module in pkgutil.walk_packages(gateway.__path__, "gateway."):
        if module.name.endswith("__main__") or ".migrations." in module.name:
            continue
        names = vars(importlib.import_module(module.name))
        for name, value in names.items():
            held = value if isinstance(value, tuple) else (value,)
            for one in (each for entry in held for each in (entry if isinstance(entry, tuple) else (entry,))):
                if isinstance(one, re.Pattern | regex.Pattern) and isinstance(one.pattern, str):
                    found.append((f"{module.name}.{name}", one))
    return found


def hostile() -> list[str]:
    whole = [(piece * LENGTH)[:LENGTH] for piece in PIECES]
    return [text + end for text in whole for end in ("", "!", "\n")]


def busy(pattern: "re.Pattern[str]") -> float:
    began = time.process_time()
    for text in hostile():
        for _ in pattern.finditer(text):
            pass
        pattern.fullmatch(text)
    return time.process_time() - began


@pytest.mark.parametrize(("name", "pattern"), [pytest.param(*one, id=one[0]) for one in patterns()])
def test_no_text_keeps_a_pattern_busy(name, pattern):
    assert busy(pattern) < SECONDS, name


def test_the_patterns_are_found_and_a_bad_one_would_be_too():
    assert {"gateway.files.folder._NAME", "gateway.connectors.toolkit.text._ADDRESS"} <= {one[0] for one in patterns()}
    assert busy(re.compile(r"[\w.+-]+@[\w-]+\.x")) > SECONDS
