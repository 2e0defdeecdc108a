"""权利与适当性: consents, objections, deleted tags, states; the file with its dates; what may be offered."""

from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends, Query, Request, Response
from fastapi.responses import JSONResponse
from pydantic import AwareDatetime
from sqlmodel import Session, col, select

from api import evidence, paging, queue
from api import schemas_rights as schemas
from api.deps import RawBody, Reader, SessionDep, Writer, needs
from api.files import Kind
from api.idempotency import IdempotencyKey, once
from api.paging import Cursor, Limit
from api.problems import responses
from api.queue import Task
from api.routes import intake
from api.routes.conversations import JSON_OR_LINES
from api.schemas import IntakeResult
from asr.models import Recording, StoredConversation
from dongke import audit
from dongke.clock import beijing, now
from dongke.errors import BadInput
from dongke.scope import Principal, Role, readable_customer
from dongke.types import aware
from followup.rights import exercise
from profiles.identity import persons
from profiles.models import StaticSnapshot
from profiles.rights import store as rights_store
from profiles.rights.fold import Fact
from profiles.rights.fold import Kind as RightKind
from profiles.rights.store import Wish
from profiles.suitability import offers
from profiles.suitability.assessment import offer
from profiles.suitability.products import PERMISSION, products_on

router = APIRouter(tags=["权利与适当性"])

_WISHES = (Role.ADVISOR, Role.MANAGER, Role.COMPLIANCE, Role.ADMIN)  #: note what a customer wishes
#: who answers for what was offered: the customer's own advisor, managers, compliance
Supervisor = Annotated[Principal, Depends(needs(Role.ADVISOR, Role.MANAGER, Role.COMPLIANCE), scope="function")]
_STATES = (Role.COMPLIANCE, Role.ADMIN)  #: restrict, erase, hold; and see which tags were deleted


@router.get(
    "/v1/customers/{customer_id}/rights", response_model=schemas.RightsOut, responses=responses(401, 403, 404, 422)
)
def get_rights(session: SessionDep, principal: Reader, customer_id: str) -> Any:
    """客户同意和拒绝了什么, 数据的状态, 以及每一条依据. 被删除的是哪些标签, 只有合规和管理员看得到."""
    customer = readable_customer(session, principal, customer_id)
    audit.record(session, principal.subject, "rights.read", customer.id)
    return _shown(session, principal, customer.id)


@router.post(
    "/v1/customers/{customer_id}/rights",
    status_code=201,
    response_model=schemas.RightsOut,
    responses=responses(401, 403, 404, 409, 422),
)
def post_right(
    session: SessionDep,
    principal: Reader,
    customer_id: str,
    given: schemas.RightIn,
    idempotency_key: IdempotencyKey = None,
) -> Any:
    """登记一项权利, 立即生效: 同意, 拒绝画像, 删除标签; 限制处理, 删除, 法律保留 (合规和管理员)."""
    kind = RightKind(given.kind)
    principal.need(*(_STATES if kind in (RightKind.STATE, RightKind.HOLD) else _WISHES))
    customer = readable_customer(session, principal, customer_id)
    wish = Wish(**given.model_dump(exclude={"kind"}), kind=kind)

    def note() -> dict[str, Any]:
        exercise(session, customer.id, wish, by=principal.subject)
        resume(session, customer.id)
        return schemas.RightsOut(**_shown(session, principal, customer.id)).model_dump(mode="json")

    return once(session, principal, idempotency_key, ["rights", customer.id, given.model_dump(mode="json")], note)


@router.get(
    "/v1/customers/{customer_id}/suitability",
    response_model=schemas.SuitabilityOut,
    responses=responses(401, 403, 404),
)
def get_suitability(session: SessionDep, principal: Reader, customer_id: str) -> Any:
    """每个产品和权限可否推荐给这位客户, 连同规则和版本."""
    customer = readable_customer(session, principal, customer_id)
    audit.record(session, principal.subject, "suitability.read", customer.id)
    found = offers.of_many(session, [customer.id])[customer.id]
    made = [offer(code, found).to_json() for code in sorted(products_on(found.day))]
    is_permission = [row["product"].startswith(PERMISSION) for row in made]
    return found.to_json() | {
        "customer_id": customer.id,
        "products": [row for row, is_one in zip(made, is_permission, strict=True) if not is_one],
        "permissions": [row for row, is_one in zip(made, is_permission, strict=True) if is_one],
    }


@router.get(
    "/v1/customers/{customer_id}/suitability-evidence",
    response_model=schemas.EvidencePack,
    responses={200: {"content": {"application/zip": {}}}, **responses(401, 403, 404, 409, 422)},
)
def get_evidence(
    session: SessionDep,
    principal: Supervisor,
    customer_id: str,
    as_of: Annotated[AwareDatetime | None, Query(description="那一刻为止说过和做过的; 默认现在")] = None,
    known_at: Annotated[AwareDatetime | None, Query(description="那一刻为止懂客知道的; 默认现在")] = None,
    format: Annotated[Literal["json", "zip"], Query(description="json, 或带中文摘要和校验和的 zip")] = "json",
) -> Any:
    """适当性举证包: 画像, 等级, 每个产品可否推荐, 原话, 风险揭示, 规则版本, 内容的 sha256. 同样的时间再问, 内容相同."""
    customer = readable_customer(session, principal, customer_id)
    made = evidence.pack(session, customer.id, as_of=as_of, known_at=known_at, opened=bool(principal.reason))
    told = {name: made["content"][name] for name in ("as_of", "known_at")}
    audit.record(session, principal.subject, "suitability.evidence", customer.id, **told, sha256=made["sha256"])
    if format == "json":
        return Response(evidence.canonical(made), media_type="application/json")  # the very bytes that were hashed
    name = f"suitability-{made['sha256'][:12]}.zip"
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    return Response(evidence.archive(made), headers=headers, media_type="application/zip")


@router.get("/v1/products", response_model=schemas.ProductsOut, responses=responses(401, 403))
def get_products(principal: Reader) -> Any:
    """今天有效的产品事实: 风险等级, 封闭期, 品种, 依据. 以公司评级为准."""
    found = products_on(beijing(now()).date())
    return {"items": [_product(found[code]) for code in sorted(found)]}


@router.post(
    "/v1/snapshots",
    status_code=202,
    response_model=IntakeResult,
    responses=responses(401, 403, 413, 422),
    openapi_extra=JSON_OR_LINES,
)
def post_snapshots(request: Request, session: SessionDep, principal: Writer, body: RawBody) -> JSONResponse:
    """接入静态档案: customer_id 和任何一些字段, 从 effective_on (或 effective_at) 起有效; 可以更正过去."""
    pieces, single = intake.items(request, body, "snapshots")
    return intake.answer(session, request, Kind.SNAPSHOTS, pieces, single)


@router.post(
    "/v1/consents",
    status_code=202,
    response_model=IntakeResult,
    responses=responses(401, 403, 413, 422),
    openapi_extra=JSON_OR_LINES,
)
def post_consents(request: Request, session: SessionDep, principal: Writer, body: RawBody) -> JSONResponse:
    """接入许多客户的同意与拒绝: customer_id, purpose, status, at, 可选 source. 立即生效."""
    pieces, single = intake.items(request, body, "consents")
    return intake.answer(session, request, Kind.CONSENTS, pieces, single)


@router.get(
    "/v1/customers/{customer_id}/snapshots",
    response_model=schemas.SnapshotPage,
    responses=responses(401, 403, 404, 422),
)
def get_snapshots(
    session: SessionDep,
    principal: Reader,
    customer_id: str,
    known_at: Annotated[str | None, Query(max_length=40, description="只要那一刻已经得知的 (ISO 时间)")] = None,
    cursor: Cursor = None,
    limit: Limit = 50,
) -> Any:
    """静态档案的每一条事实: 何时起有效, 何时得知. 更正过去的, 有效日期早于得知日期."""
    customer = readable_customer(session, principal, customer_id)
    audit.record(session, principal.subject, "snapshots.read", customer.id)
    query = select(StaticSnapshot).where(col(StaticSnapshot.customer_id).in_(persons.members(session, customer.id)))
    if known_at is not None:
        query = query.where(col(StaticSnapshot.known_at) <= aware(known_at, "known_at"))
    columns = (col(StaticSnapshot.effective_at), col(StaticSnapshot.known_at), col(StaticSnapshot.id))
    place = paging.decode("snapshots", cursor, 3)
    if place:
        query = query.where(paging.after(columns, (*map(_time, place[:2]), place[2]), descending=True))
    found = session.exec(query.order_by(*(c.desc() for c in columns)).limit(limit + 1)).all()
    rows, last = paging.page(found, limit)
    after = last and paging.encode("snapshots", last.effective_at.isoformat(), last.known_at.isoformat(), last.id)
    return {"items": [row.model_dump() for row in rows], "next_cursor": after}


def resume(session: Session, customer_id: str) -> None:
    """Puts on the queue what waited for a refusal to end; what may still not be read goes on waiting there."""
    members = persons.members(session, customer_id)
    unread = select(StoredConversation.id).where(
        col(StoredConversation.customer_id).in_(members), col(StoredConversation.read_hash).is_(None)
    )
    unheard = (
        select(Recording.id)
        .outerjoin(StoredConversation, col(StoredConversation.recording_id) == col(Recording.id))
        .where(col(Recording.customer_id).in_(members), col(StoredConversation.id).is_(None))
    )
    queue.defer(session, Task.CONVERSATION, sorted(session.exec(unread)))
    queue.defer(session, Task.RECORDING, sorted(session.exec(unheard)))


def _shown(session: Session, principal: Principal, customer_id: str) -> dict[str, Any]:
    members = persons.members(session, customer_id)
    facts = [_fact(fact, principal) for fact in rights_store.facts_of(session, members)]
    found = rights_store.right_of(session, customer_id)
    return found.to_json() | {"customer_id": customer_id, "facts": facts}


def _fact(fact: Fact, principal: Principal) -> dict[str, Any]:
    """Which tag was deleted is shown only to those who answer for it."""
    row = fact.to_json()
    if fact.kind is RightKind.TAG and principal.role not in _STATES:
        row |= {"subject": "", "subject_label": "一个标签", "assertion_id": None, "reason": ""}
    return row


def _product(fact: Any) -> dict[str, Any]:
    return {
        "code": fact.code,
        "label": fact.label,
        "risk": fact.risk,
        "kind": fact.kind,
        "lock_months": fact.lock_months,
        "qualified": fact.qualified,
        "effective_on": fact.effective_on.isoformat(),
        "source": fact.source,
    }


def _time(text: str) -> Any:
    try:
        return aware(text, "cursor")
    except BadInput:
        raise BadInput("cursor-invalid", "翻页标记不对, 请从第一页开始") from None
