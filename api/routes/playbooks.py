"""跟进规则: what runs, a check and a trial of what may run; promises; a customer's follow-up as it stood."""

import re
from datetime import date, time, timedelta
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query
from pydantic import AwareDatetime
from sqlmodel import col, select

from api import schemas_playbooks as shapes
from api.deps import Reader, SessionDep, SettingsDep, needs
from api.problems import responses
from dongke import audit
from dongke.clock import at_beijing, beijing, now
from dongke.directory import Advisor
from dongke.errors import BadInput, NotFound
from dongke.scope import Principal, Role, readable_customer
from followup import playbook_files, playbook_lint, playbooks, promise_lists, trial_run

router = APIRouter(tags=["跟进规则"])
MAX_CUSTOMERS = 1_000  #: of one trial through HTTP
MAX_DAYS = 3 * 366
Rulemaker = Annotated[Principal, Depends(needs(Role.MANAGER, Role.COMPLIANCE, Role.ADMIN), scope="function")]


@router.get("/v1/playbooks", response_model=shapes.PlaybooksOut, responses=responses(401, 403))
def get_playbooks(principal: Reader, config: SettingsDep) -> Any:
    """运行中的跟进规则: 什么打开, 期限, 谁的什么触达算数, 怎样成单, 何时升级."""
    return {"items": [book.model_dump(mode="json") for book in playbooks.load(config.playbooks_dir)]}


@router.get("/v1/playbooks/{playbook_id}/text", response_model=shapes.PlaybookFile, responses=responses(401, 403, 404))
def get_text(principal: Rulemaker, config: SettingsDep, playbook_id: str) -> Any:
    """运行中的一份规则文件, 原样: 改一改就可以试运行."""
    for path in sorted((config.playbooks_dir or playbooks.FOLDER).glob("*.yaml")):
        text = path.read_text(encoding="utf-8")
        if re.search(rf"^id: *{re.escape(playbook_id)} *$", text, re.MULTILINE):
            return {"name": path.name, "text": text}
    raise NotFound("playbook-unknown", "没有这份跟进规则")


@router.get("/v1/playbooks/schema", response_model=dict[str, Any], responses=responses(401, 403))
def get_schema(principal: Reader) -> Any:
    """跟进规则文件的 JSON Schema."""
    return playbooks.schema()


@router.post("/v1/playbooks/lint", response_model=shapes.LintOut, responses=responses(401, 403, 422))
def post_lint(principal: Rulemaker, config: SettingsDep, given: shapes.LintIn) -> Any:
    """检查规则文件: 每一处问题的行和原因."""
    found = playbook_lint.lint(_texts(given.files), playbooks.load(config.playbooks_dir))
    return {"is_good": not any(f.is_error for f in found), "findings": [f.to_json() for f in found]}


@router.post("/v1/playbooks/dry-run", response_model=shapes.DryRunOut, responses=responses(401, 403, 422))
def post_dry_run(session: SessionDep, principal: Rulemaker, given: shapes.DryRunIn) -> Any:
    """试运行: 在过去的数据上, 这些规则会为谁开什么, 和运行中的版本差在哪里. 什么都不改."""
    texts = _texts(given.files)
    books = [playbook_files.read(text, name) for name, text in texts.items()]
    playbook_lint.refuse_errors(texts)
    start, end = _period(given.start, given.end)
    found = trial_run.dry_run(session, principal, books, start=start, end=end, most=MAX_CUSTOMERS)
    told = {"start": str(given.start), "end": str(given.end), "customers": found.customers}
    audit.record(session, principal.subject, "playbook.dry-run", ",".join(b.id for b in books), **told)
    return found.to_json()


@router.get(
    "/v1/customers/{customer_id}/follow-up", response_model=shapes.TrackOut, responses=responses(401, 403, 404, 422)
)
def get_track(
    session: SessionDep,
    principal: Reader,
    customer_id: str,
    as_of: Annotated[AwareDatetime | None, Query(description="到那一刻为止发生的; 默认现在")] = None,
    known_at: Annotated[AwareDatetime | None, Query(description="那一刻懂客知道的; 默认现在知道的全部")] = None,
) -> Any:
    """一位客户的跟进经过. 晚到的录音会改正过去; known_at 给出当时看到的样子."""
    who = readable_customer(session, principal, customer_id)
    moment = now()
    track = promise_lists.track_of(session, who.id, as_of, known_at)
    told = {"as_of": as_of.isoformat() if as_of else None, "known_at": known_at.isoformat() if known_at else None}
    audit.record(session, principal.subject, "follow-up.read", who.id, **told)
    return {
        "customer": track.customer,
        "as_of": as_of or moment,
        "known_at": known_at or moment,
        "opportunities": [o.to_json() for o in track.opportunities],
        "promises": [p.to_json() for p in track.promises],
    }


@router.get("/v1/promises", response_model=shapes.PromiseTable, responses=responses(401, 403, 422))
def get_promises(
    session: SessionDep,
    principal: Reader,
    start: Annotated[date | None, Query(description="开始日期, 含; 默认 30 天前")] = None,
    end: Annotated[date | None, Query(description="结束日期, 含; 默认今天")] = None,
) -> Any:
    """这段时间里作出的承诺, 按投顾: 按时, 迟到, 未兑现, 自报; 每个数都列出它的商机."""
    last = end or beijing(now()).date()
    first = start or last - timedelta(days=30)
    table = promise_lists.table(session, principal, *_period(first, last))
    names = dict(session.exec(select(Advisor.id, Advisor.name).where(col(Advisor.id).in_(table))).all())
    audit.record(session, principal.subject, "promises.read", "", start=str(first), end=str(last))
    items = [{"advisor": who, "advisor_name": names.get(who, who), **line} for who, line in table.items()]
    return {"start": first, "end": last, "items": items}


def _texts(files: list[shapes.PlaybookFile]) -> dict[str, str]:
    if len({f.name for f in files}) < len(files):
        raise BadInput("playbook-invalid", "两份文件同名")
    return {f.name: f.text for f in files}


def _period(first: date, last: date) -> tuple[Any, Any]:
    if last < first or (last - first).days > MAX_DAYS or first.year < 1990 or last.year > 9000:
        raise BadInput("period-invalid", f"开始不能晚于结束, 一次至多 {MAX_DAYS} 天")
    return at_beijing(first, time.min), at_beijing(last + timedelta(days=1), time.min)
