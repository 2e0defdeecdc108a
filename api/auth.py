"""登录: JWT (HS256) bearer tokens. The token names the account; role and scope are read from the account each time."""

import threading
import time
from collections import OrderedDict, deque
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import jwt
from sqlalchemy import bindparam, select
from sqlmodel import Session, col

from api.problems import TooMany
from dongke.clock import now
from dongke.errors import Unauthorized
from dongke.scope import Principal
from dongke.settings import Settings
from dongke.users import User, log_in

ALGORITHM = "HS256"
API = "dongke"  #: audience of a log-in
WIDGET = "dongke-widget"  #: audience of a token that opens the card of one customer
AUDIO = "dongke-audio"  #: audience of a ticket that opens one recording
TICKET_LIFE = timedelta(minutes=10)
WIDGET_LIFE = timedelta(minutes=30)
MAX_FAILURES = 5
WINDOW_SECONDS = 300
_MAX_TRACKED = 10_000
_hashing = threading.BoundedSemaphore(2)  # argon2 takes 64 MiB and 200 ms each


def issue(user: User, config: Settings) -> tuple[str, datetime]:
    """A token for that account, and when it ends."""
    ends = now() + timedelta(hours=config.token_hours)
    return _sign({"sub": user.login, "aud": API, "exp": ends}, config), ends


def principal_of(session: Session, token: str, config: Settings) -> Principal:
    """Who holds that token. Raises Unauthorized `token-expired` or `token-invalid`."""
    claims = _read(token, [API, WIDGET], config)
    found = _principal(session, claims)
    return replace(found, customers=tuple(claims["customers"])) if claims["aud"] == WIDGET else found


def widget_token(principal: Principal, customers: list[str], config: Settings) -> tuple[str, datetime]:
    """A token for the card of one customer (all his numbers, the first one leads), and when it ends."""
    ends = now() + WIDGET_LIFE
    return _sign({"sub": principal.subject, "aud": WIDGET, "customers": customers, "exp": ends}, config), ends


def audio_ticket(principal: Principal, place: str, config: Settings) -> tuple[str, datetime]:
    """A short-lived ticket for one sound, and when it ends: an <audio> element cannot send a header."""
    ends = now() + TICKET_LIFE
    claims = {"sub": principal.subject, "aud": AUDIO, "place": place, "exp": ends}
    return _sign(claims, config), ends


def ticket_holder(session: Session, ticket: str, place: str, config: Settings) -> Principal:
    """Who holds that ticket. Raises Unauthorized unless it was given for that sound and still holds."""
    claims = _read(ticket, AUDIO, config)
    if claims.get("place") != place:
        raise Unauthorized("token-invalid", "这张录音票据不是给这段录音的")
    return _principal(session, claims)


class LoginLimiter:
    """登录限速: after 5 failures within 5 minutes for a login from an address, it waits."""

    def __init__(self) -> None:
        self._failures: OrderedDict[tuple[str, str], deque[float]] = OrderedDict()
        self._lock = threading.Lock()

    def log_in(self, session: Session, login: str, password: str, address: str) -> User:
        """As `dongke.users.log_in`. Raises TooMany `login-limited` without looking at the password."""
        self._refuse_if_limited((login, address))
        try:
            with _hashing:
                user = log_in(session, login, password)
        except Unauthorized:
            self._note_failure((login, address))
            raise
        with self._lock:
            self._failures.pop((login, address), None)
        return user

    def _refuse_if_limited(self, key: tuple[str, str]) -> None:
        with self._lock:
            times = self._failures.get(key)
            while times and times[0] < time.monotonic() - WINDOW_SECONDS:
                times.popleft()
            if times and len(times) >= MAX_FAILURES:
                wait = int(times[0] + WINDOW_SECONDS - time.monotonic()) + 1
                raise TooMany("login-limited", f"登录失败太多次, 请 {wait} 秒后再试", wait)

    def _note_failure(self, key: tuple[str, str]) -> None:
        with self._lock:
            self._failures.setdefault(key, deque()).append(time.monotonic())
            self._failures.move_to_end(key)
            while len(self._failures) > _MAX_TRACKED:
                self._failures.popitem(last=False)


#: made once: every request asks it. Columns, not the account itself: nobody changes it here
_WHO = select(col(User.login), col(User.role), col(User.advisor_id), col(User.branch_id)).where(
    col(User.login) == bindparam("login")
)


def _principal(session: Session, claims: dict[str, Any]) -> Principal:
    row = session.connection().execute(_WHO, {"login": claims["sub"]}).one_or_none()
    if row is None:
        raise Unauthorized("token-invalid", "账号已经不存在, 请重新登录")
    return Principal(*row)


def _sign(claims: dict[str, Any], config: Settings) -> str:
    return jwt.encode({**claims, "iat": now()}, config.signing_key(), ALGORITHM)


def _read(token: str, audience: str | list[str], config: Settings) -> dict[str, Any]:
    try:
        claims: dict[str, Any] = jwt.decode(
            token, config.signing_key(), [ALGORITHM], audience=audience, options={"require": ["sub", "exp", "aud"]}
        )
    except jwt.ExpiredSignatureError:
        raise Unauthorized("token-expired", "登录已过期, 请重新登录") from None
    except jwt.InvalidTokenError:
        raise Unauthorized("token-invalid", "登录凭证无效, 请重新登录") from None
    return claims
