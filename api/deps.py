"""依赖: what routes ask for – a session that commits before the answer goes out, the principal, the settings."""

from collections.abc import Callable, Iterator
from typing import Annotated

from fastapi import Depends, Request
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer
from sqlmodel import Session

from api import auth
from dongke.db import session_scope
from dongke.errors import Unauthorized
from dongke.scope import Principal, Role
from dongke.settings import Settings, settings

_bearer = HTTPBearer(auto_error=False, bearerFormat="JWT", description="POST /v1/token 得到的凭证")


def get_session() -> Iterator[Session]:
    """One transaction for the request: committed when the route is done, rolled back when it raises."""
    with session_scope() as session:
        yield session


SessionDep = Annotated[Session, Depends(get_session, scope="function")]
SettingsDep = Annotated[Settings, Depends(settings)]
Bearer = Annotated[HTTPAuthorizationCredentials | None, Depends(_bearer)]


def get_principal(session: SessionDep, config: SettingsDep, bearer: Bearer) -> Principal:
    """Who asks. Raises Unauthorized."""
    if bearer is None:
        raise Unauthorized("not-logged-in", "请先登录")
    return auth.principal_of(session, bearer.credentials, config)


PrincipalDep = Annotated[Principal, Depends(get_principal, scope="function")]


def needs(*roles: Role) -> Callable[[Principal], Principal]:
    """A dependency: the principal, if the role is one of these. Raises Forbidden `role-forbidden`."""

    def check(principal: PrincipalDep) -> Principal:
        principal.need(*roles)
        return principal

    return check


Reader = Annotated[
    Principal,
    Depends(needs(Role.ADVISOR, Role.MANAGER, Role.COMPLIANCE, Role.ADMIN), scope="function"),
]
Writer = Annotated[Principal, Depends(needs(Role.INGEST, Role.ADMIN), scope="function")]
Actor = Annotated[Principal, Depends(needs(Role.ADVISOR, Role.MANAGER, Role.ADMIN), scope="function")]
Operator = Annotated[Principal, Depends(needs(Role.INGEST, Role.MANAGER, Role.ADMIN), scope="function")]


async def raw_body(request: Request) -> bytes:
    """The whole body, under the limit that api.limits keeps."""
    return await request.body()


RawBody = Annotated[bytes, Depends(raw_body)]
