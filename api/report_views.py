"""报表的查看: who may ask for which report, and how an item behind a number is shown."""

from dataclasses import asdict
from datetime import date, datetime, timedelta
from typing import Any
from urllib.parse import urlencode

from sqlmodel import Session

from api import heard, listing, paging
from dongke.clock import beijing, now
from dongke.directory import Advisor, Branch, Customer
from dongke.errors import BadInput, NotFound
from dongke.scope import Principal, Role
from dongke.types import aware
from followup.reports import Question, period, span
from followup.reports.lists import Item, behind
from followup.scope import readable_advisor
from profiles.suitability import offers

DEFAULT_DAYS = 30


def days(start: date | None, end: date | None, kind: str | None, on: date | None) -> tuple[date, date]:
    """The days asked for, both in: the period that `on` (today) lies in, else `start` to `end` (the last 30 days).

    Raises BadInput `period-invalid`.
    """
    today = beijing(now()).date()
    if kind is not None:
        return period(kind, on or today)
    last = end or today
    return start or last - timedelta(days=DEFAULT_DAYS), last


def question(
    session: Session,
    principal: Principal,
    first: date,
    last: date,
    *,
    as_of: datetime | None,
    group: str,
    advisor: str | None,
    branch: str | None,
) -> Question:
    """The question, where this principal may ask it. Raises BadInput `period-invalid`, NotFound `advisor-unknown`,
    `branch-unknown`."""
    start, end = span(first, last)
    if advisor is not None:
        readable_advisor(session, principal, advisor)
    if branch is not None and not _reads_branch(session, principal, branch):
        raise NotFound("branch-unknown", f"没有营业部 {branch[:80]}")
    moment = now()
    if as_of is not None and as_of > moment:
        raise BadInput("time-future", "as_of 在将来")
    return Question(start, end, as_of or moment, as_of, group, principal, advisor, branch)


def _reads_branch(session: Session, principal: Principal, branch: str) -> bool:
    if principal.role is Role.MANAGER and principal.branch_id not in (None, "", branch):
        return False
    return session.get(Branch, branch) is not None


def list_path(first: date, last: date, asked: Question) -> str:
    """Where the list behind a number is: add `number`, and `line` unless it is the sum's."""
    told = {"start": first, "end": last, **{k: v for k, v in asked.scope.items() if v is not None}}
    if asked.as_of is not None:
        told["as_of"] = asked.as_of.isoformat()
    return f"/v1/reports/follow-up/list?{urlencode(told)}"


def items(
    session: Session, asked: Question, number: str, line: str | None, cursor: str | None, limit: int
) -> dict[str, Any]:
    """A page of what stands behind the number."""
    place = paging.decode("report", cursor, 2)
    after = (cursor_time(place[0]), place[1]) if place else None
    rows, last = paging.page(behind(session, asked, number, line, after=after, limit=limit + 1), limit)
    suitable = offers.of_many(session, {row.customer_id for row in rows if row.opportunity is not None})
    shown = [_shown(row, asked, suitable) for row in rows]
    heard.mark(session, *(row["words"] for row in shown))
    return {
        "items": shown,
        "next_cursor": paging.encode("report", last.at.isoformat(), last.id) if last else None,
    }


def _shown(item: Item, asked: Question, suitable: Any) -> dict[str, Any]:
    row = item.opportunity
    found = {name: getattr(item, name) for name in Item.__dataclass_fields__} | {
        "words": [asdict(said) for said in item.words]
    }
    if row is None:
        return found
    customer = Customer(id=item.customer_id, name=item.customer_name, advisor_id=item.advisor_id)
    owner = Advisor(id=item.advisor_id, name=item.advisor_name, branch_id="")
    shown = listing.opportunity(row, customer, owner, asked.moment, suitable[item.customer_id])
    return found | {"opportunity": shown, "title": shown["playbook_label"]}


def cursor_time(value: str) -> datetime:
    """The time in a cursor. Raises BadInput `cursor-invalid`."""
    try:
        return aware(value, "cursor")
    except BadInput:
        raise BadInput("cursor-invalid", "翻页标记不对, 请从第一页开始") from None
