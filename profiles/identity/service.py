"""客户身份 (OneID): which customer an identifier names at a time, and who is merged with whom.

Ownership is in time: numbers are recycled. An identifier that several customers share names nobody and merges nobody;
only a person merges two 客户号 (persons.py). What cannot be true together is kept as a doubt for a person
(conflicts.py). What the kinds of identifiers are worth is data (identifiers.yaml).
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ARRAY, ColumnElement, String, any_, literal, update
from sqlalchemy.dialects.postgresql import insert
from sqlmodel import Session, col, select

from dongke.clock import beijing, now
from dongke.directory import customer
from dongke.errors import Conflict, DongkeError, NotFound
from dongke.stamps import stamp
from profiles.identity import anonymous
from profiles.identity.claims import Claim, Linked, learn, take_claims
from profiles.identity.identifiers import kind_of, masked, normalised
from profiles.identity.ownership import Holding, Told, holders, holdings
from profiles.identity.persons import alone, canonical, canonicals, members, merge, unmerge
from profiles.identity.resolution import Asked, Mark, Resolution, kind_in, mark_of, resolve_many, told_of
from profiles.identity.sealing import unseal
from profiles.models import AdvisorIdentifier, Identifier

__all__ = [
    "Asked",
    "Claim",
    "Held",
    "Linked",
    "Resolution",
    "alone",
    "canonical",
    "canonicals",
    "identifiers_of",
    "learn",
    "link",
    "link_advisor",
    "link_many",
    "members",
    "merge",
    "one",
    "party",
    "resolve",
    "resolve_many",
    "reveal",
    "reveal_one",
    "take_claims",
    "unlink",
    "unmerge",
]

EXTERNAL_USERID = "external_userid"  #: a customer in 企业微信
WECOM_USERID = "wecom_userid"  #: an advisor in 企业微信
PHONE = "phone"
ID_CHARS = 12


@dataclass(frozen=True, slots=True)
class Held:
    """持有的标识, as people see it. `shared_with`: who holds it too, now."""

    mark: Mark
    kind: str
    value: str  #: masked where it is personal
    customer_id: str
    from_at: datetime
    until: datetime | None
    by: str
    shared_with: tuple[str, ...] = ()

    @property
    def id(self) -> str:
        """Short enough to be read out; with the customer it is certain."""
        kind, _, index = self.mark.partition("~")
        return f"{kind}~{index[:ID_CHARS]}"


def link(
    session: Session,
    kind: str,
    value: str,
    customer_id: str,
    from_at: datetime,
    *,
    by: str = "",
    shared: bool = False,
) -> set[str]:
    """From `from_at` on, this identifier names this customer; `shared`: those who hold it then keep it as well.

    Told again, nothing changes. Gives the customers of whom something new is known.
    Raises NotFound `customer-unknown`; BadInput `identifier-invalid`, `identifier-blocked`, `time-naive`; Conflict
    `identifier-limit`.
    """
    customer(session, customer_id)
    claims = [Claim(kind, value, customer_id, from_at)]
    if shared:
        claims += _restated(session, claims[0])
    done = take_claims(session, claims, by=by)
    for _, fault in done.faults:
        raise fault
    return done.customers


def link_many(session: Session, claims: Sequence[Claim], *, by: str = "import") -> list[tuple[int, DongkeError]]:
    """Many at once, of customers who exist. What cannot be linked is a fault (number, reason) and stops nothing."""
    return take_claims(session, claims, by=by).faults


def unlink(session: Session, customer_id: str, identifier_id: str, until: datetime) -> set[str]:
    """From `until` on the identifier is no longer this customer's; until its beginning or before: it never was.

    Gives the customers of whom something new is known: what it did anonymously may now name the one who keeps it.
    Raises NotFound `identifier-unknown`, BadInput `time-naive`.
    """
    held = one(session, customer_id, identifier_id)
    open_then = col(Identifier.until).is_(None) | (col(Identifier.until) > beijing(until))
    session.execute(update(Identifier).where(*_mine(held), open_then).values(until=until))
    return {customer_id} | anonymous.adopt(session, [held.mark], stamp(session))


def identifiers_of(session: Session, customer_ids: Iterable[str], at: datetime | None = None) -> list[Held]:
    """All identifiers of these customers, past ones too, by priority; who shares them at `at` (now)."""
    wanted = sorted(set(customer_ids))
    query = select(Identifier).where(col(Identifier.customer_id) == any_(literal(wanted, ARRAY(String))))
    rows = {f"{row.kind}~{row.blind_index}": row for row in session.exec(query)}
    told = told_of(session, rows)
    found = [
        _held(rows[mark], holding, told[mark], at or now())
        for mark in rows
        for holding in holdings(told[mark], kind_of(kind_in(mark)).succession)
        if holding.customer_id in wanted
    ]
    return sorted(found, key=lambda h: (kind_of(h.kind).priority, h.customer_id, h.from_at, h.id))


def one(session: Session, customer_id: str, identifier_id: str) -> Held:
    """That identifier of the customer, his newest time with it. Raises NotFound `identifier-unknown`."""
    found = [h for h in identifiers_of(session, [customer_id]) if identifier_id in (h.id, h.mark)]
    if not found:
        raise NotFound("identifier-unknown", "这位客户没有这个标识")
    return found[-1]


def resolve(session: Session, kind: str, value: str, at: datetime) -> str | None:
    """The customer whom the identifier named at that time; None where it named nobody, or more than one."""
    return resolve_many(session, [Asked(at, [(kind, value)])])[0].customer_id


def reveal(session: Session, customer_id: str, kind: str) -> list[str]:
    """The customer's identifiers of that kind, newest first, unsealed. The caller audits the reading."""
    rows = session.exec(
        select(Identifier)
        .where(Identifier.customer_id == customer_id, Identifier.kind == kind)
        .order_by(col(Identifier.from_at).desc(), col(Identifier.blind_index))
    )
    return list(dict.fromkeys(unseal(row.kind, row.sealed) for row in rows))


def reveal_one(session: Session, customer_id: str, identifier_id: str) -> str:
    """That identifier unsealed. The caller checks the role and audits the reading. Raises NotFound."""
    held = one(session, customer_id, identifier_id)
    row = session.exec(select(Identifier).where(*_mine(held)).limit(1)).one()
    return unseal(row.kind, row.sealed)


def link_advisor(session: Session, value: str, advisor_id: str, kind: str = WECOM_USERID) -> None:
    """This userid is that advisor's; the newest word counts."""
    row = insert(AdvisorIdentifier).values(kind=kind, value=value, advisor_id=advisor_id)
    session.execute(row.on_conflict_do_update(index_elements=["kind", "value"], set_={"advisor_id": advisor_id}))


def party(session: Session, wecom_id: str, at: datetime) -> tuple[str, str] | None:
    """Who this 企业微信 id is: ("advisor", id) or ("customer", id); None for an unknown one."""
    staff = session.get(AdvisorIdentifier, (WECOM_USERID, wecom_id))
    if staff:
        return "advisor", staff.advisor_id
    who = resolve(session, EXTERNAL_USERID, wecom_id, at)
    return ("customer", who) if who else None


def _mine(held: Held) -> tuple[ColumnElement[bool], ...]:
    kind, _, index = held.mark.partition("~")
    row = Identifier
    return col(row.kind) == kind, col(row.blind_index) == index, col(row.customer_id) == held.customer_id


def _restated(session: Session, claim: Claim) -> list[Claim]:
    """Claims of those who hold it at that moment, so that they keep it together."""
    kind = kind_of(claim.kind)
    if not kind.shareable:
        raise Conflict("identifier-limit", f"{kind.label}只能是一位客户的, 不能共用")
    mark = mark_of(kind.name, normalised(kind.name, claim.value))
    before = holders(told_of(session, [mark]).get(mark, []), beijing(claim.from_at), kind.succession)
    return [claim._replace(customer_id=other) for other in sorted(before - {claim.customer_id})]


def _held(row: Identifier, holding: Holding, told: Sequence[Told], at: datetime) -> Held:
    mark, succession = f"{row.kind}~{row.blind_index}", kind_of(row.kind).succession
    others = holders(told, at, succession) - {holding.customer_id} if holding.covers(at) else ()
    return Held(
        mark=mark,
        kind=row.kind,
        value=masked(row.kind, unseal(row.kind, row.sealed)),
        customer_id=holding.customer_id,
        from_at=holding.from_at,
        until=holding.until,
        by=row.by,
        shared_with=tuple(sorted(others)),
    )
