"""Alembic's entry: runs migrations on the connection that `nuncius.journal.schema` hands over, in its transaction."""

from __future__ import annotations

from alembic import context

from nuncius.journal.tables import metadata

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    transactional_ddl=True,
    render_as_batch=True,  # SQLite cannot alter a column in place
)
with context.begin_transaction():
    context.run_migrations()
