import subprocess
import sys

import pytest

from gateway.connectors import registry


def test_the_folders_are_the_channels() -> None:
    assert "telegram" in registry.channel_names()
    assert all("." not in one for one in registry.channel_names())


def test_an_unknown_channel_is_a_sentence() -> None:
    with pytest.raises(LookupError, match=r"no channel 'icq'; there are .*telegram"):
        registry.channel("icq")
    with pytest.raises(LookupError):
        registry.channel("../telegram")


def test_a_channel_is_imported_when_it_is_asked_for_and_not_before() -> None:
    code = (
        "import sys; from gateway.connectors import registry, runtime; registry.channel_names();"
        "assert not [one for one in sys.modules if one.startswith('gateway.connectors.telegram')];"
        "assert registry.channel('telegram').CHANNEL == 'telegram'"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
