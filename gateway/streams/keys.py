"""Every key that the gateway has in Redis, spelled here and nowhere else: `<prefix>:{<desk>}:<name>`.

The desk is the hash tag, so all that one script touches lies in one cluster slot. What each key holds is told
beside it; keys not said to expire live as long as what they describe.
"""

from gateway.errors import SettingsError
from gateway.model.ids import AccountId, ContactId, DeskId, DialogId, LineId, OperatorId

STAFF = "staff"
"""The name of the inbox for the operators' bot, which no line may take."""


class Keys:
    """The keys of one desk under one prefix."""

    def __init__(self, prefix: str, desk: DeskId) -> None:
        """Raises SettingsError for a name that would break the hash tag."""
        for setting, value in (("redis_prefix", prefix), ("desk", desk)):
            if not value or set(value) & set("{}"):
                raise SettingsError(f"{setting} = {value!r} cannot be used: it must not be empty, nor hold braces")
        self.prefix, self.desk_id = prefix, desk
        root = self._root = f"{prefix}:{{{desk}}}:"

        self.staff = f"{root}inbox:{STAFF}"
        """Stream: updates of the operators' bot, as they came."""
        self.journal = f"{root}journal"
        """Stream: what happened (`Recorded`); the id's first half is the desk's own sequence number."""
        self.dead = f"{root}dead"
        """Stream: entries that cannot be handled, with where they stood and why."""
        self.cursors = f"{root}cursors"
        """Hash: how far each reader is. The last journal number is there too, under `journal`."""
        self.archive_again = f"{root}archive:again"
        """Hash journal number -> nothing, or why not: entries that the archive put aside and is asked to write now."""
        self.attempts_owner = f"{root}attempts:owner"
        """Hash inbox -> `<entry> <times> <nonce>`: entries that are handled one by one, for fear of a crash."""
        self.people = f"{root}people"
        """Hash operator -> Operator."""
        self.lines = f"{root}lines"
        """Hash line -> Line."""
        self.invites = f"{root}invites"
        """Hash digest -> Invite."""
        self.templates = f"{root}templates"
        """Hash account -> Templates."""
        self.desk = f"{root}desk"
        """Hash: `number`, the last dialog's."""
        self.waiting = f"{root}waiting"
        """Sorted set of dialogs nobody has claimed, whatever their line, by the moment since when they wait."""
        self.timers = f"{root}timers"
        """Sorted set of timers, by the moment when they are due."""
        self.typing = f"{root}typing"
        """Stream, capped, expires: which contact is typing right now; a hint."""

        self.coming = f"{root}coming"
        """Sorted set of clients' words that wait for their files before the owner gets them, by when waiting ends."""
        self.removals = f"{root}removals"
        """Sorted set of `<dialog> <operator> <sent>`: what operators are shown of clients whom colleagues answer, by
        the moment when it is taken away.
        """

    def name_of(self, key: str) -> str:
        """The key without prefix and desk, as cursors, health and dead letters call a stream."""
        return key.removeprefix(self._root)

    def of_name(self, name: str) -> str:
        """The key that `name_of` made this name from."""
        return f"{self._root}{name}"

    def inbox(self, line: LineId) -> str:
        """Stream: what channels, runtime and clocks have for this line. Raises SettingsError for a line `staff`."""
        if line == STAFF:
            raise SettingsError("a line cannot be called staff: that is the operators' own inbox; rename the line")
        return f"{self._root}inbox:{line}"

    def outbox(self, account: AccountId) -> str:
        """Stream: the account's unfinished work; entries are deleted one by one when settled."""
        return f"{self._root}outbox:{account}"

    def attempts(self, account: AccountId) -> str:
        """Hash entry -> Attempt: sends that were begun."""
        return f"{self._root}attempts:account:{account}"

    def lease(self, name: str) -> str:
        """String, expires: the token of whoever does this work (`owner`, `notifier`, `sender:<account>` …)."""
        return f"{self._root}lease:{name}"

    def seen(self, account: AccountId | None, day: int) -> str:
        """Hash, expires: digest of a dedupe key -> entry id, of one day."""
        return f"{self._root}seen:{account or ''}:{day}"

    def poll(self, account: AccountId) -> str:
        """String: the cursor that the vendor gave with the last batch stored."""
        return f"{self._root}poll:{account}"

    def stopped(self, account: AccountId, contact: ContactId) -> str:
        """List, bounded, expires: the newest entries of a blocked contact, stopped at intake; how many there were
        stands in the contact's hash.
        """
        return f"{self._root}stopped:{account}:{contact}"

    def holds(self, account: AccountId) -> str:
        """Sorted set, expires: contact, or nothing for the whole account -> not before this moment."""
        return f"{self._root}holds:{account}"

    def native(self, account: AccountId, week: int) -> str:
        """Hash, expires: the native map of one week, both ways."""
        return f"{self._root}native:{account}:{week}"

    def dialog(self, dialog: DialogId) -> str:
        """String: Dialog."""
        return f"{self._root}dialog:{dialog}"

    def contact(self, account: AccountId, contact: ContactId) -> str:
        """Hash: `row` is Contact, `blocked` is 0 or 1 for the intake. Expires half a year after the last dialog; who
        is blocked stays.
        """
        return f"{self._root}contact:{account}:{contact}"

    def waiting_on(self, line: LineId) -> str:
        """Sorted set: those of `waiting` that are of this line."""
        return f"{self._root}waiting:{line}"

    def mine(self, operator: OperatorId) -> str:
        """Sorted set of the operator's open dialogs, by the moment of the claim."""
        return f"{self._root}mine:{operator}"

    def said(self, dialog: DialogId) -> str:
        """Hash, bounded, expires: slot -> Received, what the newest messages of a dialog's client say."""
        return f"{self._root}said:{dialog}"

    def shown(self, dialog: DialogId) -> str:
        """Set of operators who have the dialog's card, kept by the notifier."""
        return f"{self._root}shown:{dialog}"

    def rings(self, dialog: DialogId) -> str:
        """Set of `<operator> <sent>`, bounded, kept by the notifier: how operators were rung about the dialog."""
        return f"{self._root}rings:{dialog}"

    def mentioned(self, dialog: DialogId) -> str:
        """Set, kept by the notifier: what of the channel's limits has been mentioned to whom, once per dialog."""
        return f"{self._root}mentioned:{dialog}"

    @property
    def pinned(self) -> str:
        """Hash operator -> the dialog and the words that the pinned line in their chat shows."""
        return f"{self._root}pinned"

    def drawn(self, dialog: DialogId) -> str:
        """Hash, kept by the notifier: what it must remember of a dialog to draw it."""
        return f"{self._root}drawn:{dialog}"

    def live(self, account: AccountId, contact: ContactId) -> str:
        """Stream, capped, expires: what a contact of a live channel is shown."""
        return f"{self._root}live:{account}:{contact}"

    def live_keys(self, account: AccountId, contact: ContactId) -> str:
        """Hash, expires: `k` and an entry's key -> its id in the live log; `trimmed` is the newest id cut off."""
        return f"{self._root}live-keys:{account}:{contact}"

    def feed(self, account: AccountId) -> str:
        """Stream, capped, expires: whose live log has news, and hints; each entry names the one before it."""
        return f"{self._root}feed:{account}"
