"""Alembic's entrance: all tables of the product, and nothing of the job queue (it has its own migration)."""

from alembic import context
from sqlalchemy import create_engine
from sqlmodel import SQLModel

import api.models
import asr.models
import dongke.audit
import dongke.directory
import dongke.quarantine
import dongke.users
import followup.models
import profiles.models

MINE = set(SQLModel.metadata.tables)


def _include(item: object, name: str | None, kind: str, reflected: bool, other: object) -> bool:
    return kind != "table" or name in MINE


def run() -> None:
    url = context.config.get_main_option("sqlalchemy.url")
    assert url
    with create_engine(url).connect() as connection:
        context.configure(
            connection=connection, target_metadata=SQLModel.metadata, include_object=_include, compare_type=True
        )
        with context.begin_transaction():
            context.run_migrations()


run()
