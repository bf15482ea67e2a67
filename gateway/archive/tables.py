"""The archive's tables, one for each kind of row in `rows`. Changing one needs a migration, which a test demands.

Nothing is ever deleted here but by a person's decision.
"""

from sqlalchemy import BigInteger, Boolean, Column, Index, Integer, LargeBinary, MetaData, Table, Text

from gateway.archive.dialect import BigKey

metadata = MetaData(
    naming_convention={"ix": "ix_%(table_name)s_%(column_0_N_name)s", "pk": "pk_%(table_name)s"},
)


def _words(name: str, *, null: bool = False) -> Column[str]:
    return Column(name, Text, nullable=null)


def _number(name: str, *, null: bool = False) -> Column[int]:
    return Column(name, BigInteger, nullable=null)


def _count(name: str) -> Column[int]:
    return Column(name, Integer, nullable=False)


def _flag(name: str) -> Column[bool]:
    return Column(name, Boolean, nullable=False)


def _numbered(name: str) -> Column[int]:
    return Column(name, BigKey, primary_key=True, autoincrement=False)


def _named(name: str) -> Column[str]:
    return Column(name, Text, primary_key=True)


positions = Table("positions", metadata, _named("desk"), _number("seq"))
"""How far the journal is written; moves in the transaction that writes it."""

journal = Table(
    "journal",
    metadata,
    _numbered("seq"),
    _number("at"),
    _words("kind"),
    _words("line", null=True),
    _number("dialog", null=True),
    _words("operator", null=True),
    _words("payload"),
    Index(None, "dialog", "seq"),
)

unreadable = Table(
    "unreadable",
    metadata,
    _numbered("seq"),
    Column("payload", LargeBinary, nullable=False),
    _words("reason"),
    _number("set_aside_at"),
)

dialogs = Table(
    "dialogs",
    metadata,
    _numbered("number"),
    _words("line"),
    _words("account"),
    _words("channel", null=True),
    _words("contact"),
    _words("client"),
    _words("start", null=True),
    _words("visit_url", null=True),
    _words("visit_title", null=True),
    _words("visit_referrer", null=True),
    _number("parent", null=True),
    _words("state"),
    _words("owner", null=True),
    _number("opened_at"),
    _words("opened_by", null=True),
    _number("claimed_at", null=True),
    _words("claimed_by", null=True),
    _number("first_reply_at", null=True),
    _words("first_reply_by", null=True),
    _number("last_message_at", null=True),
    _number("waiting_since", null=True),
    _number("closed_at", null=True),
    _words("closed_by", null=True),
    _words("reason", null=True),
    _count("client_messages"),
    _count("operator_messages"),
    _count("notes"),
    _count("answers"),
    _number("answers_ms"),
    _number("longest_answer_ms"),
    Index(None, "account", "contact", "number"),
    Index(None, "line", "state", "number"),
    Index(None, "owner", "state", "number"),
    Index(None, "opened_at"),
)

messages = Table(
    "messages",
    metadata,
    _named("id"),
    _number("seq"),
    _number("dialog"),
    _words("side"),
    _words("operator", null=True),
    _number("at"),
    _words("text"),
    _words("content"),
    _count("attachments"),
    _words("native", null=True),
    _words("status", null=True),
    _words("problem", null=True),
    _number("edited_at", null=True),
    _number("deleted_at", null=True),
    _words("reactions", null=True),
    _words("our_reaction", null=True),
    Index(None, "dialog", "seq"),
)

message_versions = Table(
    "message_versions",
    metadata,
    _numbered("seq"),
    _words("message"),
    _number("at"),
    _words("text"),
    _words("content"),
    Index(None, "message", "seq"),
)

orphan_edits = Table(
    "orphan_edits",
    metadata,
    _numbered("seq"),
    _words("account"),
    _words("contact"),
    _words("native"),
    _number("at"),
    _words("text"),
    _words("content"),
)

contacts = Table(
    "contacts",
    metadata,
    _named("account"),
    _named("id"),
    _words("name"),
    _words("username", null=True),
    _words("language", null=True),
    _words("phone", null=True),
    _words("link", null=True),
    _words("email", null=True),
    _number("consent_at", null=True),
    _words("consent_policy", null=True),
    _number("first_seen_at"),
    _flag("blocked"),
    _flag("reachable"),
)

operators = Table(
    "operators",
    metadata,
    _named("id"),
    _words("name"),
    _words("role"),
    _words("lines"),
    _words("language", null=True),
    _number("entered_at", null=True),
    _flag("on_duty"),
    _flag("gone"),
)

lines = Table("lines", metadata, _named("id"), _words("title"))
