"""Every sentence of this channel about what went wrong, each once: for operators and admins. Pure.

What stands in braces is filled in by whoever tells it. `locale/` has each in their languages.
"""

TOKEN = "MAX does not accept the bot's token: copy it anew (business.max.ru, Chat bots, Settings) into `token`"  # noqa: S105 - a sentence
NOT_THE_API = "whoever stands at api_url answered {status}, and it is not MAX's API"
NOT_FOUND = "MAX knows no chat with this client: they must press Start in the bot first"
STOPPED = "the client has stopped the bot: nobody can write to them until they start it again"
NO_RIGHT = "MAX does not let the bot do this"
NO_EDIT = "MAX does not let this message be changed: that goes for seven days, and for the bot's own messages only"
NO_DELETE = "MAX does not let the bot take this message back: that goes for its own messages only"
NOT_ADMIN = "the bot may not write in this chat: it is no administrator there"
GONE_MESSAGE = "MAX no longer has this message"
NOT_READY = "MAX is still working on the attached file"
SLOWER = "MAX asks for slower sending: too many requests"
BROKEN = "MAX's server failed (error {status})"
UNREADABLE = "MAX answered {status} and nothing to be read"
NO_ID = "MAX answered without the message's id"
REFUSED = "MAX refused it: {told}"
REFUSED_SILENTLY = "MAX refused it and did not say why"
NOT_ALLOWED = "MAX does not take this call any more (405): a newer gateway is needed"
FORBIDDEN_ENDING = "MAX does not take files with this ending: put the file into an archive and send that"
TOO_LONG = "the message is too long for MAX"
TOO_OLD = "the message is not known any more (it was never sent, or is older than a month)"
EMPTY = "the message is empty"
NO_REACTIONS = "MAX lets no bot put reactions"
NOT_TO_BE_HAD = "{what} is not to be had: {why}"
NOT_STORED = "{what} has not been downloaded yet"
TOO_LARGE = "the file is larger than {n} MB, the most that MAX takes: send a link to it"
FETCH_TOO_LARGE = "the file is larger than {n} MB"
NO_FILE = "MAX no longer has the file"
FILE_SERVER = "MAX's server answered {status} when asked for a file"
NO_PLACE = "MAX did not say where to bring the file"
NOT_TAKEN = "MAX's upload server does not take this file ({status})"
UPLOAD_FAILED = "MAX's upload server answered {status} and nothing to be read"
ONE_MENU = "MAX has one menu of commands for everybody, whatever their language"
WEBHOOK_TAKES_ALL = (
    "a webhook takes the bot's updates, so MAX gives none on being asked: restart the gateway, which removes it"
)

VOICE = (
    "MAX delivered a voice message without its sender and its sound, as it does with all of them: a client waits for "
    "an answer to words that nobody here can hear; ask clients to write, or to attach sound as a file"
)
NO_CHAT = "a message came without its chat, so nobody can be answered"
IN_A_GROUP = "{chat}: the bot answers in private chats only, take it out of there"

LOST_FORMATTING = "sent without some of its formatting"
AS_FILE = "sent as a file: MAX does not take it as a picture"
AS_FILE_AFTER_ALL = "sent as a file: MAX did not take it otherwise"
WITHOUT_QUOTE = "sent without the quoted words"
WITHOUT_BUTTONS = "sent without some of the buttons: MAX shows 210"

LEFT_WEBHOOK = "a webhook at {host} takes the updates; `gateway run` will remove it"
NO_WEBHOOK = "MAX has no subscription to our address, so nothing is delivered; `gateway run` subscribes again"
OTHER_KINDS = "MAX does not tell us of {fields}; `gateway run` will ask for it"
