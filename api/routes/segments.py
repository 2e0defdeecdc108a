"""圈选: conditions in JSON or one Chinese sentence, previews, saved segments, lists, why in and why not."""

from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter, Query, Response
from sqlmodel import Session, col, select

from api import paging
from api import schemas_segments as shapes
from api.deps import Actor, Reader, SessionDep
from api.idempotency import IdempotencyKey, once
from api.paging import Cursor, Limit
from api.problems import responses
from dongke import audit
from dongke.directory import Customer
from dongke.errors import BadInput
from dongke.scope import Principal
from followup.segment_source import follow_states
from profiles.segments import gate, lists, saved
from profiles.segments.models import Segment, SegmentChange
from profiles.segments.reading import from_sentence
from profiles.segments.sentence import to_sentence
from profiles.segments.tree import Tree, from_json, to_json
from profiles.segments.vocabulary import vocabulary

MUTED = "客户删除了标签或不同意处理敏感信息, 之前的原因不再显示"
router = APIRouter(tags=["圈选"])
MAX_EXPORT = 20_000
_CSV: dict[int | str, dict[str, Any]] = {200: {"description": "名单", "content": {"text/csv": {}}}}


@router.get("/v1/segments/vocabulary", response_model=shapes.VocabularyOut, responses=responses(401, 403))
def get_vocabulary(principal: Reader) -> Any:
    """圈选词表: 能问什么, 怎么比, 取哪些值."""
    return vocabulary().to_json()


@router.post("/v1/segments/translate", response_model=shapes.ConditionOut, responses=responses(401, 403, 422))
def post_translate(principal: Reader, given: shapes.ConditionIn) -> Any:
    """条件树写成一句话, 或一句话读成条件树; 读不懂的说明在哪里."""
    return _condition(_tree(given))


@router.post("/v1/segments/preview", response_model=shapes.PreviewOut, responses=responses(401, 403, 422, 503))
def post_preview(session: SessionDep, principal: Reader, given: shapes.PreviewIn) -> Any:
    """预览: 您能看的客户里多少位符合, 最前面的几位和入选原因."""
    tree, suggests = _tree(given), lists.suggestion(given.suggests)
    asked = lists.settled(session, follow_states)
    found = lists.members(session, principal, tree, asked, limit=given.limit, suggests=suggests)
    count = lists.count(session, principal, tree, asked, suggests)
    audit.record(session, principal.subject, "segment.preview", "", sentence=to_sentence(tree), count=count)
    return _condition(tree) | {"count": count, "asked_at": asked.at, "items": [m.to_json() for m in found]}


@router.post("/v1/segments/explain", response_model=shapes.ExplainOut, responses=responses(401, 403, 404, 422, 503))
def post_explain(session: SessionDep, principal: Reader, given: shapes.ExplainIn) -> Any:
    """这位客户为什么符合或不符合这个条件."""
    return _explain(session, principal, _tree(given), given.customer_id)


@router.get("/v1/segments/maturities", response_model=shapes.MaturingPage, responses=responses(401, 403, 422, 503))
def get_maturities(
    session: SessionDep,
    principal: Reader,
    left: Annotated[
        list[Annotated[int, Query(ge=0, le=250)]] | None,
        Query(max_length=10, description="还有几个交易日; 默认 7, 3, 0"),
    ] = None,
    suggests: Annotated[
        str | None, Query(max_length=60, description="要推荐的产品代码, permission:权限代码, 或 R1–R5; 给出时附适当性")
    ] = None,
    cursor: Cursor = None,
    limit: Limit = 50,
) -> Any:
    """产品到期客群 T-7, T-3, T-0: 本公司产品和通话里听到的外部到期. 已买入或转入的不在其中."""
    asked = lists.settled(session, follow_states)
    place = paging.decode("maturities", cursor, 3)
    rows = lists.maturing(
        session,
        principal,
        asked,
        left=left or lists.MATURITY_DAYS,
        after=(place[0], place[1], _number(place[2])) if place else None,
        limit=limit + 1,
        suggests=lists.suggestion(suggests),
    )
    items, last = paging.page(rows, limit)
    after = paging.encode("maturities", *map(str, last.place)) if last else None
    audit.record(session, principal.subject, "segment.maturities", "", count=len(items))
    return {"items": [m.to_json() for m in items], "next_cursor": after, "asked_at": asked.at}


@router.get("/v1/segments", response_model=shapes.SegmentPage, responses=responses(401, 403, 422))
def get_segments(session: SessionDep, principal: Reader, cursor: Cursor = None, limit: Limit = 50) -> Any:
    """保存的客群, 按编号. 定义里没有客户, 谁都能看; 名单只有自己能看的客户."""
    query = select(Segment).order_by(col(Segment.id))
    place = paging.decode("segments", cursor, 1)
    if place:
        query = query.where(col(Segment.id) > place[0])
    rows, last = paging.page(session.exec(query.limit(limit + 1)).all(), limit)
    after = paging.encode("segments", last.id) if last else None
    return {"items": [_segment(row) for row in rows], "next_cursor": after}


@router.post("/v1/segments", status_code=201, response_model=shapes.SegmentOut, responses=responses(401, 403, 409, 422))
def post_segment(
    session: SessionDep, principal: Actor, given: shapes.SegmentIn, idempotency_key: IdempotencyKey = None
) -> Any:
    """保存一个客群."""
    told = saved.Definition(given.name, _tree(given), given.suggests)

    def make() -> dict[str, Any]:
        return _segment(saved.create(session, principal, told))

    return once(session, principal, idempotency_key, ["segment", given.model_dump(mode="json")], make)


@router.get("/v1/segments/{segment_id}", response_model=shapes.SegmentOut, responses=responses(401, 403, 404))
def get_segment(session: SessionDep, principal: Reader, segment_id: str) -> Any:
    """一个客群的定义."""
    return _segment(saved.one(session, segment_id))


@router.put("/v1/segments/{segment_id}", response_model=shapes.SegmentOut, responses=responses(401, 403, 404, 409, 422))
def put_segment(session: SessionDep, principal: Actor, segment_id: str, given: shapes.SegmentChangeIn) -> Any:
    """改动客群: 条件变了, 版本加一, 进出另行记录."""
    told = saved.Definition(given.name, _tree(given), given.suggests)
    return _segment(saved.change(session, principal, segment_id, given.version, told))


@router.delete("/v1/segments/{segment_id}", status_code=204, responses=responses(401, 403, 404))
def delete_segment(session: SessionDep, principal: Actor, segment_id: str) -> Response:
    """删除客群; 只有建立的人能删."""
    saved.remove(session, principal, segment_id)
    return Response(status_code=204)


@router.get(
    "/v1/segments/{segment_id}/members", response_model=shapes.MemberPage, responses=responses(401, 403, 404, 422, 503)
)
def get_members(
    session: SessionDep,
    principal: Reader,
    segment_id: str,
    suggests: Annotated[
        str | None, Query(max_length=60, description="要推荐的产品代码, permission:权限代码, 或 R1–R5; 默认客群自己的")
    ] = None,
    cursor: Cursor = None,
    limit: Limit = 50,
) -> Any:
    """客群现在的成员, 只有您能看的, 每位附入选原因."""
    segment = saved.one(session, segment_id)
    place = _place("members", cursor, segment)
    asked, rows = _list(session, principal, segment, suggests, place[1] if place else None, limit + 1)
    items, last = paging.page(rows, limit)
    audit.record(session, principal.subject, "segment.members", segment.id, count=len(items))
    after = paging.encode("members", segment.id, last.customer_id) if last else None
    return {"items": [m.to_json() for m in items], "next_cursor": after, "asked_at": asked.at}


@router.get(
    "/v1/segments/{segment_id}/changes", response_model=shapes.ChangePage, responses=responses(401, 403, 404, 422, 503)
)
def get_changes(
    session: SessionDep, principal: Reader, segment_id: str, cursor: Cursor = None, limit: Limit = 50
) -> Any:
    """谁什么时候进来, 什么时候离开, 为什么; 旧的在前. 拿着 resume_cursor, 以后接着读."""
    segment = saved.one(session, segment_id)
    saved.settle_members(session, follow_states, [segment])
    place = _place("changes", cursor, segment)
    query = (
        select(SegmentChange)
        .join(Customer, col(Customer.id) == col(SegmentChange.customer_id))
        .where(SegmentChange.segment_id == segment.id, gate.shown(principal))
        .order_by(col(SegmentChange.id))
    )
    if place:
        query = query.where(col(SegmentChange.id) > _number(place[1]))
    rows, last = paging.page(session.exec(query.limit(limit + 1)).all(), limit)
    audit.record(session, principal.subject, "segment.changes", segment.id, count=len(rows))
    after = paging.encode("changes", segment.id, str(last.id)) if last else None
    resume = paging.encode("changes", segment.id, str(rows[-1].id)) if rows else cursor
    silent = gate.muted(session, {row.customer_id for row in rows})
    items = [_change(row, silent.get(row.customer_id)) for row in rows]
    return {"items": items, "next_cursor": after, "resume_cursor": resume}


def _place(name: str, cursor: str | None, segment: Segment) -> list[str] | None:
    """Where the page of that segment's list begins. Raises BadInput `cursor-invalid` for another segment's cursor."""
    place = paging.decode(name, cursor, 2)
    if place and place[0] != segment.id:
        raise BadInput("cursor-invalid", "翻页标记不对, 请从第一页开始")
    return place


def _change(row: SegmentChange, silent_since: datetime | None) -> dict[str, Any]:
    """Without the reason where it may speak of what the customer had deleted since."""
    told = row.model_dump(exclude={"segment_id"})
    return told | {"because": MUTED} if silent_since and row.at <= silent_since else told


@router.get(
    "/v1/segments/{segment_id}/export",
    response_class=Response,
    responses={**_CSV, **responses(401, 403, 404, 422, 503)},
)
def get_export(
    session: SessionDep,
    principal: Reader,
    segment_id: str,
    suggests: Annotated[
        str | None, Query(max_length=60, description="要推荐的产品代码, permission:权限代码, 或 R1–R5; 默认客群自己的")
    ] = None,
) -> Response:
    """客群名单的 CSV (带 BOM 的 UTF-8); 单元格不会被当作公式."""
    segment = saved.one(session, segment_id)
    _, rows = _list(session, principal, segment, suggests, None, MAX_EXPORT + 1)
    if len(rows) > MAX_EXPORT:
        raise BadInput("export-too-large", f"名单超过 {MAX_EXPORT} 位客户, 请分页读取 members")
    audit.record(session, principal.subject, "segment.export", segment.id, count=len(rows))
    name = f"segment-{segment.id}-v{segment.version}.csv"
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    text = lists.to_csv(rows, suggests=(suggests or segment.suggests) is not None)
    return Response(text.encode("utf-8-sig"), headers=headers, media_type="text/csv; charset=utf-8")


@router.get(
    "/v1/segments/{segment_id}/explain/{customer_id}",
    response_model=shapes.ExplainOut,
    responses=responses(401, 403, 404, 422, 503),
)
def get_explain(session: SessionDep, principal: Reader, segment_id: str, customer_id: str) -> Any:
    """这位客户为什么在这个客群里, 或为什么不在."""
    return _explain(session, principal, saved.tree_of(saved.one(session, segment_id)), customer_id)


def _list(
    session: Session, principal: Principal, segment: Segment, suggests: str | None, after: str | None, limit: int
) -> tuple[Any, list[lists.Member]]:
    """The members now; who came and left is put on record on the way."""
    saved.settle_members(session, follow_states, [segment])
    asked = lists.settled(session, follow_states)
    rows = lists.members(
        session,
        principal,
        saved.tree_of(segment),
        asked,
        after=after,
        limit=limit,
        suggests=lists.suggestion(suggests) or segment.suggests,
    )
    return asked, rows


def _explain(session: Session, principal: Principal, tree: Tree, customer_id: str) -> dict[str, Any]:
    asked = lists.settled(session, follow_states)
    head, finding = lists.why(session, principal, tree, customer_id, asked)
    audit.record(session, principal.subject, "segment.explain", head, sentence=finding.sentence)
    told = {"customer_id": head, "is_member": finding.is_met, "because": finding.because}
    return told | {"finding": finding.to_json(), "asked_at": asked.at}


def _tree(given: shapes.ConditionIn) -> Tree:
    return from_sentence(given.sentence) if given.sentence is not None else from_json(given.tree)


def _condition(tree: Tree) -> dict[str, Any]:
    return {"tree": to_json(tree), "sentence": to_sentence(tree)}


def _segment(row: Segment) -> dict[str, Any]:
    """The definition; one that the vocabulary no longer knows is shown with its tree alone."""
    return shapes.SegmentOut(**row.model_dump(), sentence=saved.sentence_of(row)).model_dump(mode="json")


def _number(text: str) -> int:
    if not text.isdecimal() or len(text) > 18:
        raise BadInput("cursor-invalid", "翻页标记不对, 请从第一页开始")
    return int(text)
