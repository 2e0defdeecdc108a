"""服务策略执行 out of the tables: one conversation, or all talks of a period.

Judged by what the customer's experience was at the start of each talk, what he says in it included, as it is known now:
a late reading corrects it.
"""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from sqlmodel import Session, col, select

from asr.models import StoredConversation
from dongke.clock import now
from dongke.directory import Advisor, Customer
from dongke.errors import NotFound
from dongke.scope import Principal
from dongke.standing import Purpose
from followup.adherence.assess import Assessment, assess
from followup.adherence.level import TAG, level_at
from followup.lives import Wanted, lives
from followup.people import Scope, check_size, readable
from profiles.rights.blanks import Blanks

PURPOSES = (Purpose.ANALYSIS,)  #: who refuses a profile has no card, who refuses the analysis no facts either
CHUNK = 200


def of_conversation(session: Session, principal: Principal, conversation_id: str) -> Assessment:
    """One talk. Raises NotFound `conversation-unknown`, `analysis-refused`."""
    row = session.exec(
        select(StoredConversation)
        .join(Customer, col(Customer.id) == col(StoredConversation.customer_id))
        .where(StoredConversation.id == conversation_id, readable(principal, Scope()))
    ).one_or_none()
    if row is None:
        raise NotFound("conversation-unknown", f"没有会话 {conversation_id[:100]}")
    allowed = select(Customer.id).where(Customer.id == row.customer_id, readable(principal, Scope(), *PURPOSES))
    if session.exec(allowed).one_or_none() is None:
        raise NotFound("analysis-refused", "客户不同意录音与会话分析, 不评分")
    (found,) = _judged(session, [row.customer_id], {row.id}, row.started_at)
    return found


def of_period(
    session: Session,
    principal: Principal | None,
    start: datetime,
    end: datetime,
    scope: Scope = Scope(),
    *,
    most: int | None = None,
) -> Iterator[Assessment]:
    """The answered talks begun in [start, end), of customers whom the principal may read; `scope.advisor_id` and
    `branch_id` are of who talked. Raises BadInput `scope-too-large` where there are more than `most`."""
    c = StoredConversation
    query = (
        select(c.id, c.customer_id)
        .join(Customer, col(Customer.id) == col(c.customer_id))
        .where(readable(principal, Scope(), *PURPOSES))
        .where(col(c.answered), col(c.started_at) >= start, col(c.started_at) < end)
    )
    if scope.advisor_id:
        query = query.where(c.advisor_id == scope.advisor_id)
    if scope.branch_id:
        query = query.where(col(c.advisor_id).in_(_advisors_of(scope.branch_id)))
    if most is not None:
        query = query.limit(most + 1)
    rows = session.exec(query.order_by(col(c.customer_id), col(c.id))).all()
    check_size(len(rows), most, "次会话", "缩短时间, 或只看一位顾问、一个营业部; 全公司的得分在跟进报表里")
    customers = sorted({who for _, who in rows})
    for first in range(0, len(customers), CHUNK):
        part = set(customers[first : first + CHUNK])
        yield from _judged(session, sorted(part), {ident for ident, who in rows if who in part}, start)


def _advisors_of(branch_id: str) -> Any:
    return select(Advisor.id).where(col(Advisor.branch_id) == branch_id)


def _judged(session: Session, customers: Sequence[str], wanted: set[str], since: datetime) -> Iterator[Assessment]:
    moment = now()
    for life in lives(session, customers, moment, Wanted(tags=(TAG,), since=since)).values():
        for talk in life.history.contacts:
            if talk.id in wanted:
                yield _shown(assess(talk, level_at(life.facts, talk.started_at, moment)), life.gone)


def _shown(found: Assessment, gone: Blanks) -> Assessment:
    """The talk is judged by all that was said; words that are deleted or refused are not quoted."""
    talk = found.conversation_id
    rows = [
        replace(d, quotes=tuple(gone.of(talk, n, q) for n, q in zip(d.turns, d.quotes, strict=True)))
        for d in found.deductions
    ]
    return replace(found, deductions=tuple(rows))
