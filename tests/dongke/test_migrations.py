from alembic import command
from sqlalchemy import Engine

from dongke import db


def test_the_models_ask_for_nothing_that_the_migrations_lack(engine: Engine) -> None:
    command.check(db._alembic(db.database_url()))


def test_migrating_again_changes_nothing_and_the_schema_is_current(engine: Engine) -> None:
    url = db.database_url()
    assert db.is_current(url)
    db.migrate(url)
    assert db.is_current(url)
