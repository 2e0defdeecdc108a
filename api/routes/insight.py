"""洞察: outside assets and how far they are known, service strategy, the morning list, attribution."""

from datetime import date
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query
from pydantic import AwareDatetime

from api import insight, lifecycle
from api import schemas_insight as shapes
from api.deps import Reader, SessionDep
from api.paging import Cursor, Limit
from api.problems import responses
from dongke import audit
from dongke.scope import readable_customer
from followup.digging import board as digging
from followup.people import Scope
from profiles.identity.persons import canonical

router = APIRouter(tags=["洞察"])
MAX_TALK_DAYS = 92  #: every talk of the period is read
MAX_DAYS = 3 * 366
_Ident = Annotated[str | None, Query(max_length=100)]
_Start = Annotated[date | None, Query(description="开始日期, 含; 默认 30 天前")]
_End = Annotated[date | None, Query(description="结束日期, 含; 默认今天")]


@router.get("/v1/insight/digging", response_model=shapes.DiggingPage, responses=responses(401, 403, 422))
def get_digging(
    session: SessionDep,
    principal: Reader,
    advisor: _Ident = None,
    branch: _Ident = None,
    cursor: Cursor = None,
    limit: Limit = 50,
) -> Any:
    """外部资产深挖: 每位客户的每笔资产登到哪一级, 用的哪句话, 下一步问什么. 一页若干位客户."""
    scope = Scope(advisor, branch)
    audit.record(session, principal.subject, "digging.read", advisor or branch or "")
    return insight.digging_page(session, principal, scope, cursor=cursor, limit=limit)


@router.get("/v1/insight/digging/untouched", response_model=shapes.UntouchedList, responses=responses(401, 403, 422))
def get_untouched(
    session: SessionDep,
    principal: Reader,
    advisor: _Ident = None,
    branch: _Ident = None,
    within: Annotated[int | None, Query(ge=0, le=1000, description="只要这么多个交易日内到期的")] = None,
    undated: Annotated[bool, Query(description="也要到期日未知的")] = False,
    limit: Limit = 50,
) -> Any:
    """已知未动的钱: 客户说过金额, 还没有听到方案, 快到期的在前."""
    scope = Scope(advisor, branch)
    audit.record(session, principal.subject, "digging.read", "untouched")
    return insight.untouched_list(session, principal, scope, within=within, undated=undated, limit=limit)


@router.get("/v1/insight/digging/scores", response_model=shapes.DigScores, responses=responses(401, 403, 422))
def get_dig_scores(
    session: SessionDep,
    principal: Reader,
    start: _Start = None,
    end: _End = None,
    advisor: _Ident = None,
    branch: _Ident = None,
) -> Any:
    """深挖得分: 每次触达新登几级, 按顾问; 每个数都列出它的会话和资产."""
    first, last = insight.days(start, end, MAX_DAYS)
    audit.record(session, principal.subject, "report.read", "digging", start=str(first), end=str(last))
    return insight.dig_scores(session, principal, Scope(advisor, branch), first, last)


@router.get(
    "/v1/insight/digging/customers/{customer_id}",
    response_model=shapes.DiggingOut,
    responses=responses(401, 403, 404, 422),
)
def get_customer_digging(session: SessionDep, principal: Reader, customer_id: str) -> Any:
    """一位客户的外部资产."""
    customer = readable_customer(session, principal, customer_id)
    audit.record(session, principal.subject, "digging.read", customer.id)
    wanted = digging.people(session, principal, Scope(customer_id=canonical(session, customer.id)))
    nothing = {"customer_id": customer.id, "customer_name": customer.name, "advisor_id": customer.advisor_id}
    return next(iter(insight.customers_digging(session, wanted)), nothing | {"assets": []})


@router.get("/v1/insight/adherence", response_model=shapes.AdherenceList, responses=responses(401, 403, 422))
def get_adherence(
    session: SessionDep,
    principal: Reader,
    start: _Start = None,
    end: _End = None,
    advisor: Annotated[str | None, Query(max_length=100, description="谁打的电话")] = None,
    branch: _Ident = None,
) -> Any:
    """服务策略执行, 按顾问: 对小白和有经验的客户各得多少分, 最值得听的两处."""
    first, last = insight.days(start, end, MAX_TALK_DAYS)
    audit.record(session, principal.subject, "report.read", "adherence", start=str(first), end=str(last))
    return insight.adherence_list(session, principal, Scope(advisor, branch), first, last)


@router.get(
    "/v1/insight/adherence/conversations/{conversation_id}",
    response_model=shapes.AssessmentOut,
    responses=responses(401, 403, 404, 422),
)
def get_conversation_adherence(session: SessionDep, principal: Reader, conversation_id: str) -> Any:
    """一次会话的服务策略评分: 按客户的经验选评分表, 每处扣分引用原话; 经验未知的只列事实."""
    found = insight.adherence_json(session, principal, conversation_id)
    audit.record(session, principal.subject, "adherence.read", found["conversation_id"], customer=found["customer_id"])
    return found


@router.get(
    "/v1/advisors/{advisor_id}/morning", response_model=shapes.MorningOut, responses=responses(401, 403, 404, 422)
)
def get_morning(
    session: SessionDep,
    principal: Reader,
    advisor_id: str,
    at: Annotated[AwareDatetime | None, Query(description="哪一刻; 默认现在")] = None,
    blocked: Annotated[bool, Query(description="也列出不在清单里的和原因")] = False,
) -> Any:
    """早间清单: 今天先联系哪十位, 每个因子和理由都看得见."""
    found = insight.morning_json(session, principal, advisor_id, at, blocked=blocked)
    audit.record(session, principal.subject, "morning.read", advisor_id)
    return found


@router.get("/v1/insight/lifecycle", response_model=shapes.LifecycleOut, responses=responses(401, 403, 409, 422))
def get_lifecycle(
    session: SessionDep,
    principal: Reader,
    start: _Start = None,
    end: _End = None,
    advisor: _Ident = None,
    branch: _Ident = None,
    known_at: Annotated[AwareDatetime | None, Query(description="按那一刻已知的; 默认现在")] = None,
) -> Any:
    """生命周期流转: 从开始日到结束日, 各营业部的客户从哪一阶段到了哪一阶段, 以及其间的每一步."""
    found = lifecycle.transitions(session, principal, Scope(advisor, branch), start, end, known_at)
    told = {"start": str(found["start"]), "end": str(found["end"])}
    audit.record(session, principal.subject, "report.read", "lifecycle", **told)
    return found


@router.get("/v1/insight/attribution", response_model=shapes.AttributionOut, responses=responses(401, 403, 422))
def get_attribution(
    session: SessionDep,
    principal: Reader,
    start: _Start = None,
    end: _End = None,
    outcome: Annotated[
        Literal["net_assets", "permissions"], Query(description="净新增资产, 或开通权限")
    ] = "net_assets",
    by: Annotated[Literal["advisor", "channel", "tag"], Query(description="按什么归因")] = "advisor",
    window_days: Annotated[int, Query(ge=1, le=365, description="结果之前多少天内的触达算数")] = 60,
    advisor: _Ident = None,
    branch: _Ident = None,
) -> Any:
    """业绩归因: 首次, 末次, 平均, 时间衰减四个模型并列; 有随机对照的给增量和区间, 没有的写明 相关,非因果."""
    first, last = insight.days(start, end, MAX_DAYS)
    audit.record(session, principal.subject, "report.read", f"attribution/{by}", start=str(first), end=str(last))
    return insight.attribution_json(
        session,
        principal,
        Scope(advisor, branch),
        first,
        last,
        outcome=outcome,
        dimension=by,
        window_days=window_days,
    )
