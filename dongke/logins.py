"""登录会话 of browsers: what a cookie stands for. Kept by the hash of its secret, so that the table opens nothing."""

import hashlib
import secrets
from datetime import datetime, timedelta

from sqlalchemy import Column, ForeignKey, String, delete
from sqlmodel import Field, Session, SQLModel, col

from dongke.clock import now
from dongke.db import AwareDateTime


class LoginSession(SQLModel, table=True):
    """登录会话. It ends with its time, its log-out, a new password, or the account."""

    __tablename__ = "login_session"

    digest: str = Field(primary_key=True)  #: SHA-256 of the secret in the cookie, hex
    login: str = Field(
        sa_column=Column(String, ForeignKey("app_user.login", ondelete="CASCADE"), index=True, nullable=False)
    )
    made_at: datetime = Field(sa_type=AwareDateTime)
    ends_at: datetime = Field(sa_type=AwareDateTime)


def open_session(session: Session, login: str, life: timedelta) -> tuple[str, datetime]:
    """A new session of that account: the secret for the cookie, and when it ends. Sessions that ended are dropped."""
    moment = now()
    session.execute(delete(LoginSession).where(col(LoginSession.ends_at) <= moment))
    secret = secrets.token_urlsafe(32)
    session.add(LoginSession(digest=digest(secret), login=login, made_at=moment, ends_at=moment + life))
    session.flush()
    return secret, moment + life


def end_session(session: Session, secret: str) -> None:
    """Log-out: the secret opens nothing any more; told again it changes nothing."""
    session.execute(delete(LoginSession).where(col(LoginSession.digest) == digest(secret)))


def end_sessions(session: Session, login: str) -> None:
    """Ends all sessions of the account: its password is a new one."""
    session.execute(delete(LoginSession).where(col(LoginSession.login) == login))


def digest(secret: str) -> str:
    """Under what the session of that secret is kept."""
    return hashlib.sha256(secret.encode()).hexdigest()
