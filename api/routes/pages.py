"""页面: the built files of web/. Files only; all data come over the API."""

from pathlib import Path

from fastapi import APIRouter
from fastapi.responses import FileResponse, RedirectResponse

from api import origins
from api.deps import SettingsDep

STATIC = Path(__file__).parent.parent / "static"
#: the only foreign script, and only on this page: 企业微信 tells there whose side bar it is
_WECOM_POLICY = (
    "default-src 'self'; script-src 'self' https://res.wx.qq.com; base-uri 'none'; form-action 'self'; "
    "frame-ancestors 'self'; object-src 'none'"
)
router = APIRouter(include_in_schema=False)


def _page(name: str, policy: str | None = None) -> FileResponse:
    headers = {"Cache-Control": "no-cache"} | ({"Content-Security-Policy": policy} if policy else {})
    return FileResponse(STATIC / f"{name}.html", headers=headers)


@router.get("/")
def index() -> FileResponse:
    """登录页."""
    return _page("index")


@router.get("/favicon.ico")
def icon() -> RedirectResponse:
    """浏览器自己会来要的图标."""
    return RedirectResponse("/static/icon.svg", 308)


@router.get("/advisor")
def advisor() -> FileResponse:
    """投顾页面."""
    return _page("advisor")


@router.get("/manager")
def manager() -> FileResponse:
    """管理者页面: 跟进看板."""
    return _page("manager")


@router.get("/playbooks")
def playbooks() -> FileResponse:
    """跟进规则和试运行."""
    return _page("playbooks")


@router.get("/system")
def system() -> FileResponse:
    """运行状况."""
    return _page("system")


@router.get("/wecom")
def wecom() -> FileResponse:
    """企业微信侧边栏."""
    return _page("wecom", _WECOM_POLICY)


@router.get("/embed")
def embed(config: SettingsDep) -> FileResponse:
    """给别的系统放在框里的画像; 只有设置里的来源可以放."""
    return _page("embed", origins.frames(config))


@router.get("/docs")
def docs() -> FileResponse:
    """接口页面, from /openapi.json."""
    return _page("docs")
