"""页面: log-in, the advisor's page, the manager's page. Files only; all data come over the API."""

from pathlib import Path

from fastapi import APIRouter
from fastapi.responses import FileResponse

STATIC = Path(__file__).parent.parent / "static"
router = APIRouter(include_in_schema=False)


@router.get("/")
def index() -> FileResponse:
    """登录页."""
    return FileResponse(STATIC / "index.html")


@router.get("/advisor")
def advisor() -> FileResponse:
    """投顾页面."""
    return FileResponse(STATIC / "advisor.html")


@router.get("/manager")
def manager() -> FileResponse:
    """管理者页面."""
    return FileResponse(STATIC / "manager.html")


@router.get("/docs")
def docs() -> FileResponse:
    """接口页面, from /openapi.json."""
    return FileResponse(STATIC / "docs.html")
