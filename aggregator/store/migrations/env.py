"""Runs the migrations on the connection that `database.upgrade` hands over, all in one transaction.

Tables with triggers are never altered in batches: a batch copies the table and silently drops them.
"""

from alembic import context

from aggregator.store.models import metadata

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    transactional_ddl=True,
    transaction_per_migration=False,
)
with context.begin_transaction():
    context.run_migrations()
