"""Alembic's entrance: all tables of the product, and nothing of the job queue (it has its own migration)."""

from typing import Literal

from alembic import context
from sqlalchemy import Enum, NullPool, create_engine
from sqlmodel import SQLModel
from sqlmodel.sql.sqltypes import AutoString

import api.models
import asr.models
import dongke.audit
import dongke.directory
import dongke.logins
import dongke.progress
import dongke.quarantine
import dongke.users
import followup.models
import followup.reports.models
import followup.webhooks.models
import profiles.behaviour.models
import profiles.identity.models
import profiles.models
import profiles.rights.models
import profiles.segments.models
from dongke.db import AwareDateTime

MINE = set(SQLModel.metadata.tables)


def _include(item: object, name: str | None, kind: str, reflected: bool, other: object) -> bool:
    return kind != "table" or name in MINE


def _render(kind: str, item: object, context: object) -> str | Literal[False]:
    """Plain column types: a migration must not change when the product's own types do."""
    if kind == "type" and isinstance(item, AwareDateTime):
        return "sa.DateTime(timezone=True)"
    if kind == "type" and isinstance(item, AutoString | Enum):
        return f"sa.String(length={item.length})" if item.length else "sa.String()"
    return False


def run() -> None:
    url = context.config.get_main_option("sqlalchemy.url")
    assert url
    with create_engine(url, poolclass=NullPool).connect() as connection:  # nobody stays connected afterwards
        context.configure(
            connection=connection, target_metadata=SQLModel.metadata, include_object=_include, render_item=_render
        )
        with context.begin_transaction():
            context.run_migrations()


run()
