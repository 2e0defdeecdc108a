"""登录账号: who may log in, with which role."""

from typing import TYPE_CHECKING

from sqlalchemy import Column
from sqlmodel import Field, Session, SQLModel

from dongke.db import text_enum
from dongke.directory import Advisor, Branch
from dongke.errors import BadInput, NotFound, Unauthorized
from dongke.logins import end_sessions
from dongke.scope import Principal, Role

if TYPE_CHECKING:
    from pwdlib import PasswordHash


MIN_PASSWORD_CHARS = 8
NO_PASSWORD = "none"  #: in place of a hash: the account is opened by the identity provider only


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


def save_user(session: Session, login: str, password: str | None, role: Role, **belongs: str | None) -> None:
    """Makes the account, or gives the known one this password and role; its sessions end.

    Without a password only the firm's identity provider (OIDC) opens it.
    Raises BadInput `password-weak`, `login-invalid`, `advisor-unknown`, `branch-unknown`, `advisor-missing` (an
    advisor's account must name whose customers it sees).
    """
    _check(session, login, password, role, belongs)
    row = session.get(User, login) or User(login=login, password_hash="", role=role)
    row.password_hash = NO_PASSWORD if password is None else _hasher().hash(password)
    row.role = role
    row.advisor_id = belongs.get("advisor_id")
    row.branch_id = belongs.get("branch_id")
    session.add(row)
    session.flush()
    end_sessions(session, login)


def withdraw(session: Session, login: str) -> None:
    """Removes the account: its log-ins end at once. Raises NotFound `login-unknown`."""
    row = session.get(User, login)
    if row is None:
        raise NotFound("login-unknown", f"没有账号 {login}")
    session.delete(row)
    session.flush()


def log_in(session: Session, login: str, password: str) -> User:
    """The account, if the password is right. Raises Unauthorized `login-failed`; takes as long for an unknown name."""
    row = session.get(User, login)
    known = row.password_hash if row and row.password_hash != NO_PASSWORD else _NOBODY
    if not _hasher().verify(password, known) or row is None:
        raise Unauthorized("login-failed", "账号或密码不对")
    return row


#: an argon2 hash that no password opens, so that unknown names cost the same 200 ms
_NOBODY = "$argon2id$v=19$m=65536,t=3,p=4$c29tZXNhbHRzb21lc2FsdA$SqlVijFGiPG+935vDSGEsA5RGFfYFEiCDqrVZ0DMBQE"


def _check(session: Session, login: str, password: str | None, role: Role, belongs: dict[str, str | None]) -> None:
    if not login.strip() or not login.isprintable():
        raise BadInput("login-invalid", "账号不能是空的, 也不能有控制字符")
    if password is not None and len(password) < MIN_PASSWORD_CHARS:
        raise BadInput("password-weak", f"密码至少 {MIN_PASSWORD_CHARS} 个字符")
    if role is Role.ADVISOR and not belongs.get("advisor_id"):
        raise BadInput("advisor-missing", "投资顾问的账号要有投资顾问号 (--advisor)")
    for name, table, code, word in (
        ("advisor_id", Advisor, "advisor-unknown", "投资顾问"),
        ("branch_id", Branch, "branch-unknown", "营业部"),
    ):
        ident = belongs.get(name)
        if ident and session.get(table, ident) is None:
            raise BadInput(code, f"没有{word} {ident}")


def _hasher() -> "PasswordHash":
    from pwdlib import PasswordHash

    return PasswordHash.recommended()
