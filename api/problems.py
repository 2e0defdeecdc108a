"""错误响应: every error leaves the API as RFC 9457 problem+json – a stable `type`, a Chinese `detail`, no stack."""

from collections.abc import Mapping
from typing import Any

import structlog
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from pydantic import BaseModel, Field
from sqlalchemy.exc import DataError, OperationalError
from starlette.exceptions import HTTPException

from dongke.errors import BadInput, DongkeError, NotReady

MEDIA_TYPE = "application/problem+json"

TITLES = {
    400: "请求有误",
    401: "没有登录",
    403: "没有权限",
    404: "不存在",
    405: "不支持这个方法",
    409: "冲突",
    413: "内容太大",
    415: "不支持这种内容",
    416: "范围不对",
    422: "内容不能用",
    429: "太频繁",
    500: "内部错误",
    503: "暂时不可用",
}

_REASONS = {
    "missing": "缺少",
    "extra_forbidden": "多余的字段",
    "json_invalid": "不是 JSON",
    "string_too_long": "太长",
    "string_too_short": "太短",
    "greater_than_equal": "太小",
    "less_than_equal": "太大",
    "enum": "不是可选的值",
    "literal_error": "不是可选的值",
    "timezone_aware": "时间没有时区",
}

_log = structlog.get_logger(__name__)


class FieldProblem(BaseModel):
    """请求里的一处不合格."""

    where: str = Field(description="位置, 例如 query.limit")
    reason: str = Field(description="中文原因")


class Problem(BaseModel):
    """RFC 9457 错误."""

    type: str = Field(description="稳定的代码: urn:dongke:<code>", examples=["urn:dongke:customer-unknown"])
    title: str
    status: int
    detail: str = Field(description="给人看的中文说明")
    errors: list[FieldProblem] | None = None


class RangeInvalid(DongkeError):
    """The asked bytes are not in the file."""

    status = 416


class TooMany(DongkeError):
    """Asked too often. `retry_after` is in seconds."""

    status = 429

    def __init__(self, code: str, detail: str, retry_after: int) -> None:
        super().__init__(code, detail)
        self.retry_after = retry_after


def body(code: str, detail: str, status: int, errors: list[dict[str, str]] | None = None) -> dict[str, Any]:
    """The problem document."""
    row: dict[str, Any] = {
        "type": f"urn:dongke:{code}",
        "title": TITLES.get(status, "错误"),
        "status": status,
        "detail": detail,
    }
    if errors:
        row["errors"] = errors
    return row


def response(fault: DongkeError) -> JSONResponse:
    """The expected failure as a response."""
    headers: dict[str, str] = {}
    if fault.status == 401:
        headers["WWW-Authenticate"] = "Bearer"
    if isinstance(fault, TooMany):
        headers["Retry-After"] = str(fault.retry_after)
    return _answer(body(fault.code, fault.detail, fault.status, fault.errors), headers)


def responses(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """The `responses` of a route for OpenAPI."""
    schema = {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}}
    return {status: {"description": TITLES[status], "content": schema} for status in statuses}


def install(app: FastAPI) -> None:
    """Hangs the handlers into the application."""
    app.add_exception_handler(DongkeError, _expected)
    app.add_exception_handler(RequestValidationError, _invalid)
    app.add_exception_handler(HTTPException, _http)
    app.add_exception_handler(OperationalError, _database_gone)
    app.add_exception_handler(DataError, _refused)
    app.add_exception_handler(UnicodeError, _refused)
    app.add_exception_handler(Exception, _unexpected)


def _answer(row: dict[str, Any], headers: Mapping[str, str] | None = None) -> JSONResponse:
    return JSONResponse(row, row["status"], headers=dict(headers or {}), media_type=MEDIA_TYPE)


async def _expected(request: Request, fault: Exception) -> JSONResponse:
    assert isinstance(fault, DongkeError)
    if fault.status >= 500:
        _log.warning("request failed", code=fault.code, path=request.url.path)
    return response(fault)


async def _invalid(request: Request, fault: Exception) -> JSONResponse:
    assert isinstance(fault, RequestValidationError)
    errors = [{"where": ".".join(str(p) for p in e["loc"]), "reason": _reason(e)} for e in fault.errors()]
    first = errors[0] if errors else {"where": "", "reason": "不合格式"}
    return _answer(body("request-invalid", f"{first['where']}: {first['reason']}", 422, errors))


def _reason(error: Mapping[str, Any]) -> str:
    kind = str(error["type"])
    if kind == "value_error" and any("\u4e00" <= c <= "\u9fff" for c in str(error["msg"])):
        return str(error["msg"]).removeprefix("Value error, ")
    return _REASONS.get(kind, "不合格式")


async def _http(request: Request, fault: Exception) -> JSONResponse:
    assert isinstance(fault, HTTPException)
    code, detail = {
        401: ("not-logged-in", "请先登录"),
        404: ("path-unknown", "没有这个地址"),
        405: ("method-unknown", f"这个地址不支持 {request.method}"),
        413: ("body-too-large", str(fault.detail)),
    }.get(fault.status_code, ("request-invalid", "请求不能读"))
    return _answer(body(code, detail, fault.status_code), fault.headers)


async def _database_gone(request: Request, fault: Exception) -> JSONResponse:
    _log.error("database unavailable", path=request.url.path)
    return response(NotReady("database-unavailable", "数据库暂时连不上, 请稍后再试"))


async def _refused(request: Request, fault: Exception) -> JSONResponse:
    """A text that no database column can hold: NUL, half a character."""
    return response(BadInput("data-refused", "内容里有数据库存不下的字符"))


async def _unexpected(request: Request, fault: Exception) -> JSONResponse:
    _log.error("unexpected", path=request.url.path, exc_info=fault)
    return _answer(body("internal", "服务内部出错, 已记录", 500))
