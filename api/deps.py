"""依赖: what routes ask for – a session that commits before the answer goes out, the principal, the settings."""

from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Annotated
from urllib.parse import unquote

from fastapi import Depends, Header, Request
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer
from sqlmodel import Session

from api import auth, cookies, origins
from dongke import audit
from dongke.db import session_scope
from dongke.errors import BadInput, Unauthorized
from dongke.scope import Principal, Role
from dongke.settings import Settings, settings

MIN_REASON_CHARS = 4
_bearer = HTTPBearer(auto_error=False, bearerFormat="JWT", description="POST /v1/token 得到的凭证")


def get_session() -> Iterator[Session]:
    """One transaction for the request: committed when the route is done, rolled back when it raises."""
    with session_scope() as session:
        yield session


SessionDep = Annotated[Session, Depends(get_session, scope="function")]


async def get_settings() -> Settings:
    """The settings of this process; async, because they are there already and need no thread."""
    return settings()


SettingsDep = Annotated[Settings, Depends(get_settings)]
Bearer = Annotated[HTTPAuthorizationCredentials | None, Depends(_bearer)]


BreakGlass = Annotated[
    str | None,
    Header(
        alias="X-Break-Glass",
        max_length=1000,
        description="合规查看限制处理的客户时的理由 (URL 编码的 UTF-8); 每次都记入审计",
    ),
]


def get_principal(
    request: Request, session: SessionDep, config: SettingsDep, bearer: Bearer, break_glass: BreakGlass = None
) -> Principal:
    """Who asks; for compliance with the reason that opens restricted data, which is audited. Raises Unauthorized."""
    principal = who(request, session, config, bearer)
    return principal if break_glass is None else _opened(request, principal, break_glass)


def who(request: Request, session: Session, config: Settings, bearer: HTTPAuthorizationCredentials | None) -> Principal:
    """The holder of the bearer token or, without one, of the pages' cookie. Raises Unauthorized, Forbidden."""
    if bearer is not None:
        holder = auth.principal_of(session, bearer.credentials, config)
        origins.need_open(holder, request)
        return holder
    principal = cookies.principal_of(session, request, config)
    if principal is None:
        raise Unauthorized("not-logged-in", "请先登录")
    return principal


def _opened(request: Request, principal: Principal, told: str) -> Principal:
    """Raises Forbidden `role-forbidden`, BadInput `reason-missing`."""
    principal.need(Role.COMPLIANCE)
    reason = unquote(told, errors="replace").strip()
    if len(reason) < MIN_REASON_CHARS:
        raise BadInput("reason-missing", f"X-Break-Glass 要写明理由, 至少 {MIN_REASON_CHARS} 个字")
    with session_scope() as log:  # of its own: an attempt that finds nothing stays on record too
        audit.record(log, principal.subject, "break-glass", request.url.path, method=request.method, reason=reason)
    return replace(principal, reason=reason)


PrincipalDep = Annotated[Principal, Depends(get_principal, scope="function")]


def needs(*roles: Role) -> Callable[[Principal], Awaitable[Principal]]:
    """A dependency: the principal, if the role is one of these. Raises Forbidden `role-forbidden`."""

    async def check(principal: PrincipalDep) -> Principal:
        principal.need(*roles)
        return principal

    return check


READERS = (Role.ADVISOR, Role.MANAGER, Role.COMPLIANCE, Role.ADMIN)
Reader = Annotated[Principal, Depends(needs(*READERS), scope="function")]
WRITERS = (Role.INGEST, Role.ADMIN)
Writer = Annotated[Principal, Depends(needs(*WRITERS), scope="function")]
Actor = Annotated[Principal, Depends(needs(Role.ADVISOR, Role.MANAGER, Role.ADMIN), scope="function")]
Operator = Annotated[Principal, Depends(needs(Role.INGEST, Role.MANAGER, Role.ADMIN), scope="function")]


@dataclass(frozen=True, slots=True)
class Caller:
    """What a request brought of who asks; `session_of` opens it. No trip to a thread is needed to have it."""

    request: Request
    config: Settings
    bearer: HTTPAuthorizationCredentials | None
    break_glass: str | None


async def get_caller(request: Request, config: SettingsDep, bearer: Bearer, break_glass: BreakGlass = None) -> Caller:
    """For the few routes that are asked hundreds of times a second: they do all their work in one thread."""
    return Caller(request, config, bearer, break_glass)


CallerDep = Annotated[Caller, Depends(get_caller)]


@contextmanager
def session_of(caller: Caller, *roles: Role) -> Iterator[tuple[Session, Principal]]:
    """The transaction of the request and who asks, as `SessionDep` and `needs(*roles)` give them. Raises the same."""
    with session_scope() as session:
        principal = get_principal(caller.request, session, caller.config, caller.bearer, caller.break_glass)
        principal.need(*roles)
        yield session, principal


async def raw_body(request: Request) -> bytes:
    """The whole body, under the limit that api.limits keeps."""
    return await request.body()


RawBody = Annotated[bytes, Depends(raw_body)]
