"""Cookie 登录: the pages' session in an httpOnly cookie, and the token that each change must carry beside it (CSRF).

A foreign page can make a browser send the cookie, but can read no answer of ours: it does not know the token.
"""

import hashlib
import hmac

from fastapi import Request, Response
from sqlalchemy import bindparam, select
from sqlmodel import Session, col

from dongke import logins
from dongke.clock import now
from dongke.errors import Forbidden, Unauthorized
from dongke.logins import LoginSession
from dongke.scope import Principal
from dongke.settings import Settings
from dongke.users import User

COOKIE = "dongke_session"
CSRF_COOKIE = "dongke_csrf"  #: the token for our own scripts to read
CSRF_HEADER = "X-CSRF-Token"
_SAFE = frozenset({"GET", "HEAD", "OPTIONS"})
_WHO = (
    select(col(User.login), col(User.role), col(User.advisor_id), col(User.branch_id))
    .join(LoginSession, col(LoginSession.login) == col(User.login))
    .where(col(LoginSession.digest) == bindparam("digest"), col(LoginSession.ends_at) > bindparam("moment"))
)


def principal_of(session: Session, request: Request, config: Settings) -> Principal | None:
    """Who holds the request's cookie; None where there is none.

    Raises Unauthorized `session-ended`, Forbidden `csrf-missing` for a change without its token.
    """
    secret = request.cookies.get(COOKIE)
    if not secret:
        return None
    row = session.connection().execute(_WHO, {"digest": logins.digest(secret), "moment": now()}).one_or_none()
    if row is None:
        raise Unauthorized("session-ended", "登录已结束, 请重新登录")
    if request.method not in _SAFE and not is_own(request.headers.get(CSRF_HEADER, ""), secret, config):
        raise Forbidden("csrf-missing", f"缺少 {CSRF_HEADER}, 请刷新页面再试")
    return Principal(*row)


def csrf_token(secret: str, config: Settings) -> str:
    """What a change must carry beside the cookie of that secret."""
    return hmac.new(config.signing_key(), b"csrf:" + secret.encode(), hashlib.sha256).hexdigest()


def is_own(token: str, secret: str, config: Settings) -> bool:
    """Whether the token belongs to the session of that secret."""
    return hmac.compare_digest(token.encode(), csrf_token(secret, config).encode())


def give(response: Response, secret: str, config: Settings) -> None:
    """Puts the session into the answer, and the token of its changes where the pages' scripts can read it."""
    life, https = config.token_hours * 3600, config.is_https()
    response.set_cookie(COOKIE, secret, max_age=life, httponly=True, samesite="lax", secure=https)
    response.set_cookie(CSRF_COOKIE, csrf_token(secret, config), max_age=life, samesite="lax", secure=https)


def take_back(response: Response) -> None:
    """Removes both from the browser."""
    response.delete_cookie(COOKIE)
    response.delete_cookie(CSRF_COOKIE)
