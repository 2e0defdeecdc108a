"""权利入库: facts of rights in and out of the tables, and the standing that follows in the same transaction."""

from collections import defaultdict
from collections.abc import Collection, Iterable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from uuid import uuid4

from sqlalchemy import ARRAY, String, any_, bindparam, delete, literal, update
from sqlalchemy import select as sql_select
from sqlalchemy.dialects.postgresql import insert
from sqlmodel import Session, col, select

from asr.models import StoredConversation
from dongke import audit
from dongke.clock import beijing, now
from dongke.directory import Customer, customer
from dongke.errors import BadInput, Conflict, NotFound
from dongke.standing import Purpose, Standing, State, required
from profiles.facts import Statement
from profiles.identity.grouping import members_of
from profiles.labels import tables
from profiles.models import Identifier
from profiles.repository import links_around, statements_by_id, statements_of
from profiles.rights.blanks import Blanks, blanks
from profiles.rights.fold import STATUSES, Fact, Kind, Rights, fold, strictest
from profiles.rights.models import StoredRight

LEEWAY = timedelta(minutes=5)  #: how far the source's clock may run ahead of ours
MAX_TEXT_CHARS = 500


@dataclass(frozen=True, slots=True)
class Wish:
    """What is to be noted of a customer's rights. `at` None: now."""

    kind: Kind
    status: str
    subject: str = ""
    assertion_id: str | None = None
    at: datetime | None = None
    source: str = ""
    reason: str = ""


#: made once: every profile that is read asks it
_STANDINGS = sql_select(Standing).where(col(Standing.customer_id) == any_(bindparam("ids", type_=ARRAY(String))))


def rights_of(session: Session, customer_ids: Collection[str], *, are_noted: bool = True) -> dict[str, Rights]:
    """The rights of each of these ids, now. One small query where nobody has deleted a tag.

    `are_noted` False: the caller has seen in this transaction that nothing is noted of any of them; none is asked.
    """
    needed = required()
    ordinary = Rights(refused=needed)
    found = dict.fromkeys(customer_ids, ordinary)
    if not are_noted:
        return _blanked(session, found)
    rows = session.scalars(_STANDINGS, {"ids": list(customer_ids)}).all()
    deletions = _deletions(session, [row.customer_id for row in rows if row.deletes])
    for row in rows:
        granted = {Purpose(p) for p in row.granted}
        found[row.customer_id] = Rights(
            state=row.state,
            held=row.held,
            granted=frozenset(granted),
            refused=frozenset({Purpose(p) for p in row.refused} | (needed - granted)),
            deletions=deletions.get(row.customer_id, ordinary).deletions,
        )
    return _blanked(session, found)


def _blanked(session: Session, rights: dict[str, Rights]) -> dict[str, Rights]:
    """With the words that prove what is deleted or refused. Asks nothing where nothing is."""
    tags = {who: told.forgotten_tags for who, told in rights.items() if told.forgotten_tags}
    if not tags:
        return rights
    gone: dict[str, list[Statement]] = defaultdict(list)
    for said in statements_of(session, tags, tags=sorted(frozenset[str]().union(*tags.values()))):
        if rights[said.customer_id].forgets(said):
            gone[said.customer_id].append(said)
    return rights | {who: replace(rights[who], blanks=blanks(mine)) for who, mine in gone.items()}


def blanks_of(session: Session, conversation_ids: Collection[str]) -> Blanks:
    """遮住的字 of these talks: what a sentence of them must not show now."""
    talks = select(StoredConversation.customer_id).where(col(StoredConversation.id) == _any(conversation_ids))
    rights = rights_of(session, sorted(set(session.exec(talks))))
    return Blanks.together(told.blanks for told in rights.values())


def right_of(session: Session, customer_id: str) -> Rights:
    """The rights of one customer, now."""
    return rights_of(session, [customer_id])[customer_id]


def facts_of(session: Session, customer_ids: Iterable[str]) -> list[Fact]:
    """Every fact of rights of these ids, the newest last."""
    rows = session.exec(select(StoredRight).where(col(StoredRight.customer_id) == _any(customer_ids))).all()
    targets = statements_by_id(session, {r.assertion_id for r in rows if r.assertion_id})
    return sorted((_fact(r, targets) for r in rows), key=lambda f: f.order)


def record(session: Session, customer_id: str, wish: Wish, *, by: str) -> list[Fact]:
    """Notes the wish for every id of the person and settles what follows. An erasure destroys the identifiers.

    Raises NotFound `customer-unknown`, `tag-unknown`; BadInput `right-invalid`, `reason-missing`, `time-future`;
    Conflict `legal-hold` (nothing is erased while it lasts), `erased-final`, `not-deleted`.
    """
    customer(session, customer_id)
    moment = now()
    at = beijing(wish.at) if wish.at else moment
    _check(wish, at, moment)
    members = _members(session, customer_id)
    target = _target(session, wish, members)
    _check_state(session, members, wish, target)
    rows = [
        StoredRight(
            id=uuid4().hex,
            customer_id=who,
            kind=wish.kind.value,
            subject=target.tag if target else wish.subject,
            status=wish.status,
            assertion_id=wish.assertion_id,
            at=at,
            known_at=moment,
            source=wish.source.strip(),
            by=by,
            reason=wish.reason.strip(),
        )
        for who in members
    ]
    session.add_all(rows)
    session.flush()
    settle(session, members)
    if wish.status == State.ERASED:
        _destroy_identifiers(session, members)
    detail = {"subject": rows[0].subject, "source": wish.source, "reason": wish.reason, "members": members}
    audit.record(session, by, f"rights.{wish.kind}.{wish.status}", customer_id, **detail)
    return [_fact(row, {target.id: target} if target else {}) for row in rows]


def settle(session: Session, customer_ids: Iterable[str]) -> None:
    """Writes what follows from the facts for these persons now: after new facts, a merge or an unmerge."""
    groups = _groups(session, customer_ids)
    everyone = [who for members in groups for who in members]
    told = _by_customer(facts_of(session, everyone))
    rows = []
    for members in groups:
        found = strictest(told[who] for who in members if who in told)
        rows += [] if found.is_ordinary else [_row(who, found) for who in members]
    session.execute(delete(Standing).where(col(Standing.customer_id) == _any(everyone)))
    if rows:
        session.execute(insert(Standing), rows)
    session.expire_all()


def erased(session: Session) -> set[str]:
    """Everyone whose data are erased: nothing of them is taken up again."""
    return set(session.exec(select(Standing.customer_id).where(col(Standing.state) == State.ERASED)))


def _any(ids: Iterable[str]) -> object:
    return any_(literal(sorted(set(ids)), ARRAY(String)))  # one parameter, however many they are


def _members(session: Session, customer_id: str) -> list[str]:
    return sorted(members_of(customer_id, links_around(session, customer_id)))


def _groups(session: Session, customer_ids: Iterable[str]) -> list[list[str]]:
    """The persons of these ids, each as all his ids."""
    wanted = sorted(set(customer_ids))
    links = links_around(session, *wanted) if wanted else ()
    joined = {who for x in links for who in (x.customer_id, x.into_id)}
    groups = dict.fromkeys(members_of(who, links) if who in joined else frozenset({who}) for who in wanted)
    return [sorted(group) for group in groups]


def _by_customer(facts: Iterable[Fact]) -> dict[str, Rights]:
    told: dict[str, list[Fact]] = defaultdict(list)
    for fact in facts:
        told[fact.customer_id].append(fact)
    return {who: fold(mine) for who, mine in told.items()}


def _deletions(session: Session, customer_ids: list[str]) -> dict[str, Rights]:
    """By id, the deletions of everyone who is one person with it."""
    found: dict[str, Rights] = {}
    for members in _groups(session, customer_ids):
        together = strictest(_by_customer(facts_of(session, members)).values())
        if any(d.target for d in together.deletions):
            said = statements_of(session, members, tags=sorted({d.tag for d in together.deletions}))
            together = replace(together, deletions=tuple(d.reaching(said) for d in together.deletions))
        found |= dict.fromkeys(members, together)
    return found


def _row(customer_id: str, found: Rights) -> dict[str, object]:
    return {
        "customer_id": customer_id,
        "state": found.state,
        "held": found.held,
        "granted": sorted(found.granted),
        "refused": sorted(found.refused),
        "deletes": bool(found.deletions),
        "settled_at": now(),
    }


def _fact(row: StoredRight, targets: dict[str, Statement]) -> Fact:
    return Fact(
        id=row.id,
        customer_id=row.customer_id,
        kind=Kind(row.kind),
        subject=row.subject,
        status=row.status,
        at=row.at,
        known_at=row.known_at,
        source=row.source,
        by=row.by,
        reason=row.reason,
        target=targets.get(row.assertion_id or ""),
    )


def _check(wish: Wish, at: datetime, moment: datetime) -> None:
    if wish.status not in STATUSES[wish.kind]:
        raise BadInput("right-invalid", f"{wish.kind} 只能是 {', '.join(STATUSES[wish.kind])}")
    if wish.kind is Kind.CONSENT and wish.subject not in list(Purpose):
        raise BadInput("right-invalid", f"处理目的只能是 {', '.join(Purpose)}")
    if wish.kind is Kind.TAG and not (wish.assertion_id or _is_tag(wish.subject)):
        raise BadInput("right-invalid", "删除标签要给出标签 (subject) 或标签断言 (assertion_id)")
    if wish.kind in (Kind.STATE, Kind.HOLD) and not wish.reason.strip():
        raise BadInput("reason-missing", "改变数据状态要写明理由")
    if max(len(wish.source), len(wish.reason)) > MAX_TEXT_CHARS:
        raise BadInput("right-invalid", f"来源和理由最多 {MAX_TEXT_CHARS} 个字符")
    if at > moment + LEEWAY:
        raise BadInput("time-future", "权利的时间在未来")


def _is_tag(subject: str) -> bool:
    return subject in tables()["tags"]


def _check_state(session: Session, members: list[str], wish: Wish, target: Statement | None) -> None:
    told = right_of(session, members[0])
    if wish.kind is Kind.STATE:
        if told.state is State.ERASED and wish.status != State.ERASED:
            raise Conflict("erased-final", "客户数据已删除, 不能恢复")
        if wish.status == State.ERASED and told.held:
            raise Conflict("legal-hold", "客户数据在法律保留中, 不能删除; 可以限制处理")
    if wish.status == "restored":
        subject = target.tag if target else wish.subject
        if not any(d.tag == subject and d.until is None for d in told.deletions):
            raise Conflict("not-deleted", "这个标签没有被删除")


def _target(session: Session, wish: Wish, members: list[str]) -> Statement | None:
    if wish.kind is not Kind.TAG or wish.assertion_id is None:
        return None
    found = statements_by_id(session, {wish.assertion_id}).get(wish.assertion_id)
    if found is None or found.customer_id not in members:
        raise NotFound("tag-unknown", "没有这个标签")
    return found


def _destroy_identifiers(session: Session, members: list[str]) -> None:
    """密钥销毁: the sealed copies and the names go. The blind index stays; nothing reads it back.

    By it a customer who turns up again is known as erased.
    """
    session.execute(update(Identifier).where(col(Identifier.customer_id) == _any(members)).values(sealed=b""))
    session.execute(update(Customer).where(col(Customer.id) == _any(members)).values(name=""))
    session.expire_all()
