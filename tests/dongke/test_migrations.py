from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Engine
from sqlmodel import SQLModel

import api.models
import asr.models
import dongke.audit
import dongke.logins
import dongke.progress
import dongke.quarantine
import dongke.users
import followup.models
import profiles.behaviour.models
import profiles.identity.models
import profiles.models
import profiles.rights.models
import profiles.segments.models
from dongke import db

PACKAGES = (api.models, asr.models, dongke.audit, dongke.quarantine, dongke.users, followup.models, profiles.models)


def _ours(item: object, name: str | None, kind: str, reflected: bool, other: object) -> bool:
    return kind != "table" or name in SQLModel.metadata.tables  # the queue has tables of its own


def test_the_models_ask_for_nothing_that_the_migrations_lack(engine: Engine) -> None:
    assert all(PACKAGES)
    with engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"include_object": _ours})
        assert compare_metadata(context, SQLModel.metadata) == []


def test_migrating_again_changes_nothing_and_the_schema_is_current(engine: Engine) -> None:
    url = db.database_url()
    assert db.is_current(url)
    db.migrate(url)
    assert db.is_current(url)
