"""提醒: what the scheduler told – overdue, escalated, maturing, expiring questionnaires."""

from typing import Annotated, Any

from fastapi import APIRouter, Query
from sqlmodel import Session, col, select

from api import paging, schemas
from api.deps import Reader, SessionDep
from api.paging import Cursor, Limit
from api.problems import responses
from dongke.directory import Customer
from dongke.errors import BadInput
from dongke.scope import visible
from dongke.types import aware
from followup.models import Notice, StoredOpportunity
from followup.rights import told
from profiles.suitability import marks, offers

router = APIRouter(tags=["商机"])


@router.get("/v1/notices", response_model=schemas.NoticePage, responses=responses(401, 422))
def get_notices(
    session: SessionDep,
    principal: Reader,
    kind: Annotated[str | None, Query(max_length=50)] = None,
    customer: Annotated[str | None, Query(max_length=100)] = None,
    cursor: Cursor = None,
    limit: Limit = 50,
) -> Any:
    """能看的提醒, 新的在前: overdue, escalated, maturity, profile_expiry."""
    query = select(Notice, Customer.name).join(Customer, col(Notice.customer_id) == col(Customer.id))
    query = query.where(visible(principal), told())
    if kind:
        query = query.where(Notice.kind == kind)
    if customer:
        query = query.where(Notice.customer_id == customer)
    place = paging.decode("notices", cursor, 2)
    columns = (col(Notice.made_at), col(Notice.id))
    if place:
        try:
            made_at = aware(place[0], "cursor")
        except BadInput:
            raise BadInput("cursor-invalid", "翻页标记不对, 请从第一页开始") from None
        query = query.where(paging.after(columns, (made_at, place[1]), descending=True))
    found = session.exec(query.order_by(*(c.desc() for c in columns)).limit(limit + 1)).all()
    rows, last = paging.page(found, limit)
    marked = _marks(session, [notice for notice, _ in rows])
    items = [
        notice.model_dump(exclude={"opportunity_id"}) | {"customer_name": name, "suitability": marked.get(notice.id)}
        for notice, name in rows
    ]
    after = paging.encode("notices", last[0].made_at.isoformat(), last[0].id) if last else None
    return {"items": items, "next_cursor": after}


def _marks(session: Session, notices: list[Notice]) -> dict[str, dict[str, Any]]:
    """By notice: whether what its opportunity suggests may be offered."""
    wanted = {n.opportunity_id for n in notices if n.opportunity_id}
    rows = session.exec(select(StoredOpportunity).where(col(StoredOpportunity.id).in_(wanted))).all() if wanted else ()
    suitable = offers.of_many(session, [row.customer_id for row in rows])
    found = {row.id: marks.of_playbook(row.playbook, row.key, suitable[row.customer_id]) for row in rows}
    return {n.id: mark.to_json() for n in notices if (mark := found.get(n.opportunity_id or ""))}
