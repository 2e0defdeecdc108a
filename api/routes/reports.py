"""跟进报表: by advisor, branch or playbook; JSON, CSV or Excel."""

from datetime import date, time, timedelta
from io import BytesIO
from typing import Annotated, Literal

from fastapi import APIRouter, Query, Response
from fastapi.responses import JSONResponse
from pydantic import AwareDatetime

from api.deps import Reader, SessionDep
from api.problems import responses
from dongke import audit
from dongke.clock import at_beijing, beijing, now
from dongke.errors import BadInput
from followup.reports import follow_up

router = APIRouter(tags=["报表"])
MAX_DAYS = 3 * 366
_XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


@router.get(
    "/v1/reports/follow-up",
    response_class=Response,
    responses={
        200: {
            "description": "跟进报表",
            "content": {
                "application/json": {"schema": {"type": "object", "additionalProperties": True}},
                "text/csv": {},
                _XLSX: {},
            },
        },
        **responses(401, 422),
    },
)
def get_follow_up(
    session: SessionDep,
    principal: Reader,
    start: Annotated[date | None, Query(description="开始日期, 含; 默认 30 天前")] = None,
    end: Annotated[date | None, Query(description="结束日期, 含; 默认今天")] = None,
    group: Literal["advisor", "branch", "playbook"] = "advisor",
    as_of: Annotated[AwareDatetime | None, Query(description="那一刻看到的; 默认现在")] = None,
    format: Literal["json", "csv", "xlsx"] = "json",
) -> Response:
    """这段时间里打开的商机: 多少及时跟进, 谈成, 拒绝, 逾期; 每个数都列出它的商机."""
    first, last = _days(start, end)
    report = follow_up(
        session,
        principal,
        start=at_beijing(first, time.min),
        end=at_beijing(last + timedelta(days=1), time.min),
        as_of=as_of,
        group=group,
        marked=format == "xlsx",
    )
    audit.record(session, principal.subject, "report.read", f"follow-up/{group}", start=str(first), end=str(last))
    if format == "json":
        return JSONResponse(report.to_json())
    name = f"follow-up-{group}-{first}-{last}.{format}"
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    if format == "csv":
        return Response(report.to_csv().encode("utf-8-sig"), headers=headers, media_type="text/csv; charset=utf-8")
    buffer = BytesIO()
    report.to_xlsx(buffer)
    return Response(buffer.getvalue(), headers=headers, media_type=_XLSX)


def _days(start: date | None, end: date | None) -> tuple[date, date]:
    last = end or beijing(now()).date()
    first = start or last - timedelta(days=30)
    if first > last:
        raise BadInput("period-invalid", "开始日期在结束日期之后")
    if (last - first).days > MAX_DAYS or last.year > 9000:
        raise BadInput("period-invalid", "时间段不能超过三年")
    return first, last
