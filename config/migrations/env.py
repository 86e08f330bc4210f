"""What Alembic runs: the revisions, on the connection that config/migrate.py opened, locked and will commit."""

from alembic import context

from config.schema import Base

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=Base.metadata,
    render_as_batch=True,  # SQLite alters a table by making a new one
    transactional_ddl=True,  # both databases undo tables with their transaction
    compare_type=True,
)
context.run_migrations()
