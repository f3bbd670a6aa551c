"""What Alembic runs to migrate. record/migrating.py hands it a connection whose transaction is already open."""

from alembic import context

from record.tables import Table

context.configure(connection=context.config.attributes["connection"], target_metadata=Table.metadata)
context.run_migrations()
