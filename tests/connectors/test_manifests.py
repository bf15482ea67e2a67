"""What each channel's folder says of itself is true, whole, and in every language."""

import re
from pathlib import Path

import pytest
from pydantic import SecretStr

from gateway.connectors import registry
from gateway.connectors.manifests import LANGUAGES, kind_labels, manifest, read_manifest

CHANNELS = registry.channel_names()
FOLDER = Path(registry.__file__).parent


def anchors(guide: Path) -> set[str]:
    """The headings of a page, as links to them are written."""
    found = re.findall(r"^#+ (.+)$", guide.read_text(encoding="utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w -]", "", one.lower()).replace(" ", "-") for one in found}


@pytest.mark.parametrize("channel", CHANNELS)
def test_the_required_settings_are_those_without_a_default(channel: str) -> None:
    fields = registry.channel(channel).Settings.model_fields

    assert set(manifest(channel).required) == {name for name, one in fields.items() if one.is_required()}


@pytest.mark.parametrize("channel", CHANNELS)
def test_the_defaults_are_those_of_the_settings(channel: str) -> None:
    fields = registry.channel(channel).Settings.model_fields

    for name, told in manifest(channel).defaults.items():
        assert fields[name].default == told, name
        assert not isinstance(fields[name].default, SecretStr)


@pytest.mark.parametrize("channel", CHANNELS)
def test_the_guide_is_there(channel: str) -> None:
    page, _, heading = manifest(channel).guide.partition("#")

    assert heading in anchors(FOLDER / channel / page)


@pytest.mark.parametrize("channel", CHANNELS)
def test_russian_labels_are_russian(channel: str) -> None:
    for place, labels in manifest(channel).texts():
        assert place == "name" or re.search("[а-яё]", labels["ru"]), place
        assert not re.search("[а-яё]", labels["en"], re.IGNORECASE), place


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_kind_is_called_the_same_in_every_channel(language: str) -> None:
    merged = kind_labels(language)

    for channel in CHANNELS:
        for kind, labels in manifest(channel).kinds.items():
            assert merged[kind] == labels[language], f"{channel}: {kind}"


def test_no_two_channels_have_an_alert_of_the_same_kind_and_each_can_be_filled_in() -> None:
    found = [(channel, about) for channel in CHANNELS for about in manifest(channel).alerts]

    assert len({about for _, about in found}) == len(found)
    for channel, about in found:
        for text in manifest(channel).alerts[about].values():
            assert text.format(account="a", detail="d", topic="t"), f"{channel}: {about}"


@pytest.mark.parametrize(
    ("wrong", "told"),
    [
        ("icon = 1", "icon"),
        ('icon = "x"\nguide = "y"\nrequired = []\nname = { ru = "имя" }', "name needs a text in each of ru, en"),
        ('icon = "x"\nguide = "y"\nrequired = []\nname = { ru = "имя", en = "" }', "name needs a text"),
        (
            'icon = "x"\nguide = "y"\nrequired = []\nname = { ru = "и", en = "n" }\nkinds.poll = { ru = "о" }',
            "kinds.poll needs a text",
        ),
        ('icon = "x"\nguide = "y"\nrequired = []\nname = { ru = "и", en = "n" }\ncolour = "red"', "colour"),
        ("icon =", "Invalid"),
    ],
)
def test_what_is_wrong_with_a_manifest_is_told_with_its_place(tmp_path: Path, wrong: str, told: str) -> None:
    file = tmp_path / "manifest.toml"
    file.write_text(wrong, encoding="utf-8")

    with pytest.raises(ValueError, match=re.escape(told)) as error:
        read_manifest(file)
    assert str(file) in str(error.value)


def test_a_channel_that_is_not_there_has_no_manifest() -> None:
    with pytest.raises(LookupError, match="there is no channel 'fax'"):
        manifest("fax")
