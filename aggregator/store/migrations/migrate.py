"""Takes the steps on an open connection. Loaded only when there are any: alembic is heavy."""

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory
from sqlalchemy import Connection

from aggregator.errors import SchemaMismatch
from aggregator.store.database import newer


def upgrade(connection: Connection, found: str | None) -> None:
    """Bring the database from where it was found to the newest schema.

    Raises:
        SchemaMismatch: it was made by a newer program.
    """
    if found is not None and found not in known():
        raise SchemaMismatch(newer(found))
    command.upgrade(configuration(connection), "head")


def known() -> list[str]:
    """Give all steps, newest first."""
    script = ScriptDirectory(str(Path(__file__).parent))
    return [step.revision for step in script.walk_revisions()]


def configuration(connection: Connection) -> Config:
    made = Config()
    made.set_main_option("script_location", str(Path(__file__).parent).replace("%", "%%"))
    made.attributes["connection"] = connection
    return made
