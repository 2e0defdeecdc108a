"""跟进报表: by advisor, branch, firm or playbook; JSON, CSV, Excel, PDF; the lists behind its numbers; stored ones."""

import json
from datetime import date
from io import BytesIO
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends, Query, Response
from fastapi.responses import JSONResponse
from pydantic import AwareDatetime
from sqlalchemy import true
from sqlmodel import Session, col, select

from api import paging, report_views
from api import schemas_reports as shapes
from api.deps import Reader, SessionDep, needs
from api.paging import Cursor, Limit
from api.problems import responses
from dongke import audit
from dongke.errors import NotFound
from dongke.scope import Principal, Role
from followup.reports import Report, make, storing
from followup.reports.models import StoredReport

router = APIRouter(tags=["报表"])
_XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
_Ident = Annotated[str | None, Query(max_length=100)]
Day = Annotated[date | None, Query()]
Period = Annotated[
    Literal["day", "week", "month"] | None,
    Query(description="on 所在的日, 周 (周一起) 或月; 给出时不看 start, end"),
]
AsOf = Annotated[AwareDatetime | None, Query(description="那一刻看到的; 默认现在")]
Group = Literal["advisor", "branch", "firm", "playbook"]
Overseer = Annotated[Principal, Depends(needs(Role.MANAGER, Role.COMPLIANCE, Role.ADMIN), scope="function")]


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
                "application/pdf": {},
            },
        },
        **responses(401, 404, 422, 503),
    },
)
def get_follow_up(
    session: SessionDep,
    principal: Reader,
    start: Annotated[date | None, Query(description="开始日期, 含; 默认 30 天前")] = None,
    end: Annotated[date | None, Query(description="结束日期, 含; 默认今天")] = None,
    period: Period = None,
    on: Annotated[date | None, Query(description="period 的哪一天; 默认今天")] = None,
    group: Group = "advisor",
    advisor: _Ident = None,
    branch: _Ident = None,
    as_of: AsOf = None,
    format: Literal["json", "csv", "xlsx", "pdf"] = "json",
) -> Response:
    """这段时间里打开的商机: 多少及时跟进, 谈成, 拒绝, 逾期; 每个数都能展开 (list_path)."""
    first, last = report_views.days(start, end, period, on)
    asked = report_views.question(
        session, principal, first, last, as_of=as_of, group=group, advisor=advisor, branch=branch
    )
    report = make(session, asked, marked=format == "xlsx")
    audit.record(session, principal.subject, "report.read", f"follow-up/{group}", start=str(first), end=str(last))
    if format == "json":
        return JSONResponse(report.to_json() | {"list_path": report_views.list_path(first, last, asked)})
    return _file(report, format, f"follow-up-{group}-{first}-{last}.{format}")


def _file(report: Report, form: str, name: str) -> Response:
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    if form == "csv":
        return Response(report.to_csv().encode("utf-8-sig"), headers=headers, media_type="text/csv; charset=utf-8")
    if form == "pdf":
        return Response(report.to_pdf(), headers=headers, media_type="application/pdf")
    buffer = BytesIO()
    report.to_xlsx(buffer)
    return Response(buffer.getvalue(), headers=headers, media_type=_XLSX)


@router.get("/v1/reports/follow-up/list", response_model=shapes.ReportItemPage, responses=responses(401, 404, 422))
def get_follow_up_list(
    session: SessionDep,
    principal: Reader,
    number: Annotated[
        str,
        Query(max_length=60, description="哪个数: opened, overdue, dig_rungs …; voice:fee 是这个话题的心声"),
    ] = "opened",
    line: Annotated[str | None, Query(max_length=100, description="报表的哪一行 (id); 不给是合计")] = None,
    start: Day = None,
    end: Day = None,
    period: Period = None,
    on: Day = None,
    group: Group = "advisor",
    advisor: _Ident = None,
    branch: _Ident = None,
    as_of: AsOf = None,
    cursor: Cursor = None,
    limit: Limit = 50,
) -> Any:
    """报表里一个数背后的商机, 会话或心声, 每条带原话. 条件和报表相同."""
    first, last = report_views.days(start, end, period, on)
    asked = report_views.question(
        session, principal, first, last, as_of=as_of, group=group, advisor=advisor, branch=branch
    )
    audit.record(session, principal.subject, "report.list", number, start=str(first), end=str(last), line=line)
    return report_views.items(session, asked, number, line, cursor, limit)


@router.get("/v1/reports/stored", response_model=shapes.StoredReportPage, responses=responses(401, 403, 422))
def get_stored(session: SessionDep, principal: Overseer, cursor: Cursor = None, limit: Limit = 50) -> Any:
    """存档报表, 新的在前."""
    query = select(StoredReport).where(_readable(principal))
    place = paging.decode("stored", cursor, 2)
    if place:
        columns = (col(StoredReport.as_of), col(StoredReport.id))
        query = query.where(paging.after(columns, (report_views.cursor_time(place[0]), place[1]), descending=True))
    query = query.order_by(col(StoredReport.as_of).desc(), col(StoredReport.id).desc()).limit(limit + 1)
    rows, last = paging.page(session.exec(query).all(), limit)
    after = paging.encode("stored", last.as_of.isoformat(), last.id) if last else None
    return {"items": rows, "next_cursor": after}


@router.get("/v1/reports/stored/{report_id}", response_model=shapes.StoredReportOut, responses=responses(401, 403, 404))
def get_stored_one(session: SessionDep, principal: Overseer, report_id: str) -> Any:
    """存档报表, 当时给出的样子."""
    row = _stored(session, principal, report_id)
    audit.record(session, principal.subject, "report.read", f"stored/{row.id}")
    return row.model_dump() | {"report": json.loads(row.body)}


@router.get(
    "/v1/reports/stored/{report_id}/check",
    response_model=shapes.ComparisonOut,
    responses=responses(401, 403, 404),
)
def get_stored_check(session: SessionDep, principal: Overseer, report_id: str) -> Any:
    """核对: 按当时所知重做, 与存档逐字节比较; 不同之处列出来."""
    row = _stored(session, principal, report_id)
    audit.record(session, principal.subject, "report.check", f"stored/{row.id}")
    return storing.compare(session, row).to_json()


def _stored(session: Session, principal: Principal, report_id: str) -> StoredReport:
    query = select(StoredReport).where(StoredReport.id == report_id, _readable(principal))
    row = session.exec(query).one_or_none()
    if row is None:
        raise NotFound("report-unknown", "没有这份存档报表")
    return row


def _readable(principal: Principal) -> Any:
    if principal.role is Role.MANAGER and principal.branch_id:
        return col(StoredReport.branch_id) == principal.branch_id
    return true()
