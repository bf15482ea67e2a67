"""The page that a client wrote from, what they gave and agreed to, and operators' reactions."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    op.add_column("dialogs", sa.Column("visit_url", sa.Text(), nullable=True))
    op.add_column("dialogs", sa.Column("visit_title", sa.Text(), nullable=True))
    op.add_column("dialogs", sa.Column("visit_referrer", sa.Text(), nullable=True))
    op.add_column("messages", sa.Column("our_reaction", sa.Text(), nullable=True))
    op.add_column("contacts", sa.Column("email", sa.Text(), nullable=True))
    op.add_column("contacts", sa.Column("consent_at", sa.BigInteger(), nullable=True))
    op.add_column("contacts", sa.Column("consent_policy", sa.Text(), nullable=True))
