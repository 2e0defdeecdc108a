"""商机: the list, one with every step's cause, and what an advisor notes by hand."""

from typing import Annotated, Any

from fastapi import APIRouter, Query
from sqlmodel import Session, col, select

from api import heard, listing, schemas, talks
from api.deps import Actor, Reader, SessionDep
from api.idempotency import IdempotencyKey, once
from api.listing import OpportunityFilter
from api.paging import Cursor, Limit
from api.problems import responses
from dongke.clock import now
from followup import service
from followup.models import ManualAction, State, StoredOpportunity
from profiles.anchoring import evidence_now
from profiles.models import StoredAssertion

router = APIRouter(tags=["商机"])
_Ident = Annotated[str | None, Query(max_length=100)]


@router.get("/v1/opportunities", response_model=schemas.OpportunityPage, responses=responses(401, 422))
def get_opportunities(
    session: SessionDep,
    principal: Reader,
    state: Annotated[list[State] | None, Query(description="可以给几个")] = None,
    overdue: Annotated[bool | None, Query(description="只要逾期的, 或只要没逾期的")] = None,
    playbook: _Ident = None,
    advisor: _Ident = None,
    branch: _Ident = None,
    customer: _Ident = None,
    ident: Annotated[list[str] | None, Query(alias="id", max_length=200, description="只要这些商机")] = None,
    cursor: Cursor = None,
    limit: Limit = 50,
) -> Any:
    """能看的商机, 期限早的在前."""
    wanted = OpportunityFilter(
        states=tuple(state or ()),
        overdue=overdue,
        playbook=playbook,
        advisor_id=advisor,
        branch_id=branch,
        customer_id=customer,
        ids=tuple(ident or ()),
    )
    return listing.opportunities(session, principal, wanted, cursor=cursor, limit=limit)


@router.post(
    "/v1/opportunities/{opportunity_id:path}/actions",
    response_model=schemas.OpportunityDetail,
    responses=responses(401, 403, 404, 409, 422),
)
def post_action(
    session: SessionDep,
    principal: Actor,
    opportunity_id: str,
    given: schemas.ActionIn,
    idempotency_key: IdempotencyKey = None,
) -> Any:
    """手工登记结果. 没有会话佐证的显示为自报."""
    row, _, _ = listing.readable_opportunity(session, principal, opportunity_id)

    def act() -> dict[str, Any]:
        service.act(session, principal, row.id, given.outcome, given.comment, now())
        session.expire_all()
        fresh, customer, owner = listing.readable_opportunity(session, principal, opportunity_id)
        shown = listing.shown_opportunity(session, fresh, customer, owner) | _grounds(session, fresh)
        return schemas.OpportunityDetail(**shown).model_dump(mode="json")

    return once(session, principal, idempotency_key, ["act", row.id, given.model_dump()], act)


@router.get(
    "/v1/opportunities/{opportunity_id:path}", response_model=schemas.OpportunityDetail, responses=responses(401, 404)
)
def get_opportunity(session: SessionDep, principal: Reader, opportunity_id: str) -> Any:
    """一个商机: 打开它的原话, 每一步的原因和依据."""
    row, customer, owner = listing.readable_opportunity(session, principal, opportunity_id)
    return listing.shown_opportunity(session, row, customer, owner) | _grounds(session, row)


def _grounds(session: Session, row: StoredOpportunity) -> dict[str, Any]:
    """The words that opened it, the causes of its states, and what was noted by hand."""
    opening = session.get(StoredAssertion, row.opened_by)
    standing = evidence_now(session, [opening])[opening.id] if opening else []
    where = {"conversation_id": opening.conversation_id if opening else None}
    evidence = [e | where for e in standing]
    talks.with_sentences(session, evidence)
    causes = _with_words(session, row.causes)
    heard.mark(session, evidence, causes)
    noted = session.exec(
        select(ManualAction).where(ManualAction.opportunity_id == row.id).order_by(col(ManualAction.at))
    )
    return {
        "causes": causes,
        "misses": row.misses,
        "evidence": evidence,
        "conversation_id": opening.conversation_id if opening else None,
        "actions": [a.model_dump(include={"outcome", "comment", "at", "advisor_id"}) for a in noted],
    }


def _with_words(session: Session, causes: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Each cause with the utterances that it names, as they were said; revoked ones have no words."""
    named = [
        {"conversation_id": c.get("conversation"), "utterance": n} for c in causes for n in c.get("evidence") or ()
    ]
    talks.with_sentences(session, named)
    words = {(e["conversation_id"], e["utterance"]): e.get("sentence", "") for e in named}
    return [c | {"words": [words[c.get("conversation"), n] for n in c.get("evidence") or ()]} for c in causes]
