"""Codes of `Misunderstood` beside those of `Refusal`: why an operator's message could not be acted on. Pure.

They travel through the journal as `detail`; the bot's texts have a sentence for each.
"""

from gateway.model.events import Refusal

NOTE_WITH_FILE = "note_with_file"
EDITED_TO_COMMAND = "edited_to_command"
DELETE_WHAT = "delete_what"
REACT_WHAT = "react_what"
TEMPLATE_WHAT = "template_what"
RETURN_WHAT = "return_what"
TAKE_WHAT = "take_what"
INVITE_WHAT = "invite_what"
TOO_MANY_BUTTONS = "too_many_buttons"
ONLY_BUTTONS = "only_buttons"
MISTYPED_BUTTONS = "mistyped_buttons"
UNSENT = frozenset((Refusal.BUTTON_TOO_LONG, TOO_MANY_BUTTONS, ONLY_BUTTONS))
"""Those of words that were for a client."""
