"""登录账号: who may log in, with which role."""

from typing import TYPE_CHECKING

from sqlalchemy import Column
from sqlmodel import Field, Session, SQLModel

from dongke.db import text_enum
from dongke.errors import Unauthorized
from dongke.scope import Principal, Role

if TYPE_CHECKING:
    from pwdlib import PasswordHash


class User(SQLModel, table=True):
    """账号. The password is kept as an argon2 hash only."""

    __tablename__ = "app_user"

    login: str = Field(primary_key=True)
    password_hash: str
    role: Role = Field(sa_column=Column(text_enum(Role), nullable=False))
    advisor_id: str | None = Field(default=None, foreign_key="advisor.id")
    branch_id: str | None = Field(default=None, foreign_key="branch.id")

    def principal(self) -> Principal:
        return Principal(self.login, self.role, self.advisor_id, self.branch_id)


def save_user(session: Session, login: str, password: str, role: Role, **belongs: str | None) -> None:
    """Makes the account, or gives the known one this password and role."""
    row = session.get(User, login) or User(login=login, password_hash="", role=role)
    row.password_hash = _hasher().hash(password)
    row.role = role
    row.advisor_id = belongs.get("advisor_id")
    row.branch_id = belongs.get("branch_id")
    session.add(row)
    session.flush()


def log_in(session: Session, login: str, password: str) -> User:
    """The account, if the password is right. Raises Unauthorized `login-failed`; takes as long for an unknown name."""
    row = session.get(User, login)
    known = row.password_hash if row else _NOBODY
    if not _hasher().verify(password, known) or row is None:
        raise Unauthorized("login-failed", "账号或密码不对")
    return row


#: an argon2 hash that no password opens, so that unknown names cost the same 200 ms
_NOBODY = "$argon2id$v=19$m=65536,t=3,p=4$c29tZXNhbHRzb21lc2FsdA$SqlVijFGiPG+935vDSGEsA5RGFfYFEiCDqrVZ0DMBQE"


def _hasher() -> "PasswordHash":
    from pwdlib import PasswordHash

    return PasswordHash.recommended()
