"""页面登录: a session in a cookie, by password or by the firm's identity provider."""

from datetime import timedelta
from typing import Annotated, Any
from urllib.parse import urlencode

import structlog
from fastapi import APIRouter, Depends, Query, Request, Response
from fastapi.responses import RedirectResponse

from api import cookies, oidc, schemas
from api.deps import SessionDep, SettingsDep
from api.problems import responses
from api.routes.tokens import LoginIn, read_login, shown
from dongke import audit, logins
from dongke.errors import BadInput, DongkeError, Forbidden
from dongke.scope import Role
from dongke.settings import Settings
from dongke.users import User

router = APIRouter(tags=["登录"])
_log = structlog.get_logger(__name__)
_BODY = {"requestBody": {"required": True, "content": {"application/json": {"schema": LoginIn.model_json_schema()}}}}


@router.post("/v1/session", response_model=schemas.Me, responses=responses(401, 403, 422, 429), openapi_extra=_BODY)
def begin_session(
    request: Request,
    response: Response,
    session: SessionDep,
    config: SettingsDep,
    given: Annotated[LoginIn, Depends(read_login)],
) -> Any:
    """页面登录: 会话放在 httpOnly cookie 里, 之后的修改要带 X-CSRF-Token (即 dongke_csrf 的值)."""
    if request.headers.get("content-type", "").partition(";")[0].strip().lower() != "application/json":
        raise BadInput("login-invalid", "页面登录要用 application/json")  # a form of a foreign page cannot send it
    address = request.client.host if request.client else ""
    user = request.app.state.limiter.log_in(session, given.login, given.password, address)
    _need_person(user)
    _open(response, session, config, user, "login")
    return shown(session, user.principal())


@router.delete("/v1/session", status_code=204, responses=responses(403))
def end_session(request: Request, session: SessionDep, config: SettingsDep) -> Response:
    """退出登录. 已经退出的再退出, 没有变化."""
    response = Response(status_code=204)
    secret = request.cookies.get(cookies.COOKIE)
    if secret:
        if not cookies.is_own(request.headers.get(cookies.CSRF_HEADER, ""), secret, config):
            raise Forbidden("csrf-missing", f"缺少 {cookies.CSRF_HEADER}, 请刷新页面再试")
        logins.end_session(session, secret)
    cookies.take_back(response)
    return response


@router.get("/v1/session/ways", response_model=schemas.LoginWays)
def get_ways(config: SettingsDep) -> Any:
    """登录页上有哪些登录方式."""
    ways = [{"id": "oidc", "label": config.oidc_label, "url": "/v1/oidc/start"}] if config.oidc_issuer else []
    return {"password": True, "oidc": ways, "demo_logins": _demo_logins() if config.demo else []}


@router.get("/v1/oidc/start", response_class=RedirectResponse, status_code=302, responses=responses(404, 422, 503))
def start(
    request: Request, config: SettingsDep, onward: Annotated[str, Query(alias="next", max_length=500)] = "/"
) -> Response:
    """去单点登录. `next` 是登录后要去的页面, 只能是本站的路径."""
    if not _is_local(onward):
        raise BadInput("request-invalid", "next 只能是本站的路径")
    back_to = (config.public_url or str(request.base_url)).rstrip("/") + "/v1/oidc/callback"
    begun = oidc.begin(config, back_to, onward)
    answer = RedirectResponse(begun.url, 302)
    life = int(oidc.LIFE.total_seconds())
    answer.set_cookie(
        oidc.COOKIE, begun.cookie, life, path=oidc.PATH, httponly=True, samesite="lax", secure=config.is_https()
    )
    return answer


@router.get("/v1/oidc/callback", response_class=RedirectResponse, status_code=302)
def callback(
    request: Request,
    session: SessionDep,
    config: SettingsDep,
    code: Annotated[str, Query(max_length=4000)] = "",
    state: Annotated[str, Query(max_length=500)] = "",
) -> Response:
    """从单点登录回来. 不成功的回到登录页, 带着原因的代码."""
    try:
        user, onward = oidc.finish(session, config, request.cookies.get(oidc.COOKIE, ""), state, code)
        _need_person(user)
        answer: Response = RedirectResponse(onward, 302)
        _open(answer, session, config, user, "login.oidc")
    except DongkeError as fault:
        _log.warning("oidc log-in refused", code=fault.code, detail=fault.detail)
        answer = RedirectResponse("/?" + urlencode({"problem": fault.code}), 302)
    answer.delete_cookie(oidc.COOKIE, path=oidc.PATH)
    return answer


def _open(response: Response, session: SessionDep, config: Settings, user: User, how: str) -> None:
    secret, _ = logins.open_session(session, user.login, timedelta(hours=config.token_hours))
    cookies.give(response, secret, config)
    audit.record(session, user.login, how, user.login)


def _need_person(user: User) -> None:
    """Raises Forbidden `role-forbidden` for the account of a machine."""
    if user.role in (Role.INGEST, Role.CRM):
        raise Forbidden("role-forbidden", "程序的账号不能打开页面")


def _is_local(path: str) -> bool:
    """Whether a redirect there stays here: `//host` and `/\\host` do not."""
    return path.startswith("/") and not path.startswith(("//", "/\\")) and path.isprintable()


def _demo_logins() -> list[dict[str, str]]:
    from api.demo import LOGINS, PASSWORD

    return [
        {"login": login, "password": PASSWORD, "title": title}
        for login, role, _, _, title in LOGINS
        if role != Role.CRM
    ]
