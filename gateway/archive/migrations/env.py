"""Alembic's entry: migrates the connection that `upgrade` gives it, inside that connection's transaction."""

from alembic import context

from gateway.archive.tables import metadata

context.configure(connection=context.config.attributes["connection"], target_metadata=metadata, render_as_batch=True)
context.run_migrations()
