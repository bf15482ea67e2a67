import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.model.ids import DialogId
from gateway.operator_bot.inbound.buttons import LIMIT, Action, Pressed, button_data, read_button

DIALOG = DialogId("1204")


@pytest.mark.parametrize(
    ("data", "pressed"),
    [
        ("1:claim:1204:3", Pressed(Action.CLAIM, DIALOG, version=3)),
        ("1:skip:1204:3", Pressed(Action.DECLINE, DIALOG, version=3)),
        ("1:close:1204:3", Pressed(Action.CLOSE, DIALOG, version=3)),
        ("1:block:1204:3", Pressed(Action.BLOCK, DIALOG, version=3)),
        ("1:more:1204", Pressed(Action.MORE, DIALOG)),
        ("1:block?:1204", Pressed(Action.ASK_BLOCK, DIALOG)),
        ("1:card:1204", Pressed(Action.CARD, DIALOG)),
        ("1:stopped:1204:1", Pressed(Action.STOPPED, DIALOG, page=1)),
        ("1:unblock:1204", Pressed(Action.UNBLOCK, DIALOG)),
        ("1:again:1204", Pressed(Action.WRITE_AGAIN, DIALOG)),
        ("1:focus:1204", Pressed(Action.FOCUS, DIALOG)),
        ("1:history:1204:2", Pressed(Action.HISTORY, DIALOG, page=2)),
        ("1:choose:1204:771", Pressed(Action.CHOOSE, DIALOG, ask="771")),
        ("1:drop:771", Pressed(Action.DROP, ask="771")),
        ("1:templates:1204:2", Pressed(Action.TEMPLATES, DIALOG, page=2)),
        ("1:template:1204:0a1b2c3d4e5f", Pressed(Action.TEMPLATE, DIALOG, ask="0a1b2c3d4e5f")),
        ("1:say:1204:0a1b2c3d4e5f:7", Pressed(Action.SAY, DIALOG, ask="0a1b2c3d4e5f", version=7)),
    ],
)
def test_every_action_is_built_and_read_back(data: str, pressed: Pressed) -> None:
    built = button_data(pressed.action, pressed.dialog, version=pressed.version, page=pressed.page, ask=pressed.ask)

    assert built == data
    assert read_button(data) == pressed


@pytest.mark.parametrize(
    "data",
    [
        "",
        "claim",
        "0:claim:1204:3",
        "2:claim:1204:3",
        "1:steal:1204:3",
        "1:claim",
        "1:claim:",
        "1:claim:1204",
        "1:claim:1204:",
        "1:claim:x:3",
        "1:claim:1204:-3",
        "1:claim:1204:3:4",
        "1:claim:١٢:3",
        "1:focus:1204:3",
        "1:choose:1204:",
        "1:drop:",
        "1:template:1204:",
        "1:say:1204:0a1b",
        "1:say:1204::7",
        "1:templates:1204",
    ],
)
def test_what_is_not_of_this_version_and_shape_is_nobodys(data: str) -> None:
    assert read_button(data) is None


@given(st.text(max_size=LIMIT))
def test_reading_never_raises(data: str) -> None:
    pressed = read_button(data)

    assert pressed is None or pressed.action in Action


@given(
    action=st.sampled_from(Action),
    dialog=st.integers(1, 10**12),
    version=st.integers(1, 10**9),
    page=st.integers(0, 10**6),
    ask=st.integers(1, 10**15),
)
def test_buttons_fit_into_64_bytes(action: Action, dialog: int, version: int, page: int, ask: int) -> None:
    data = button_data(action, DialogId(str(dialog)), version=version, page=page, ask=str(ask))

    assert len(data.encode()) <= LIMIT


def test_ids_that_do_not_fit_are_refused() -> None:
    with pytest.raises(ValueError, match="64 bytes"):
        button_data(Action.CHOOSE, DIALOG, ask="9" * 64)
