"""标识的登记: claims of who holds an identifier are checked and kept, all of a batch at once.

What breaks a rule of its kind is refused with its reason; what cannot be true together is kept and becomes a doubt.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ARRAY, String, any_, literal
from sqlalchemy.dialects.postgresql import insert
from sqlmodel import Session, col, select

from dongke.clock import beijing
from dongke.errors import DongkeError
from dongke.stamps import stamp
from profiles.identity import anonymous, conflicts
from profiles.identity.conflicts import Doubt
from profiles.identity.doubts import Claim as Claim
from profiles.identity.doubts import Key, limit_doubt, not_his, of_several_persons, ownership_doubts, too_many
from profiles.identity.identifiers import CUSTOMER_ID, HANDOVER, JOINT, kind_of, masked, normalised
from profiles.identity.ownership import Told, holders, holdings
from profiles.identity.resolution import Mark, existing, mark_of, told_of
from profiles.identity.sealing import seal
from profiles.models import Identifier
from profiles.rights.store import erased

CHUNK = 1_000


@dataclass(slots=True)
class Linked:
    """What became of the claims. `faults`: (number, reason); `customers`: those of whom something new is known."""

    new: int = 0
    faults: list[tuple[int, DongkeError]] = field(default_factory=list)
    customers: set[str] = field(default_factory=set)


def take_claims(session: Session, claims: Sequence[Claim], *, by: str, known_at: datetime | None = None) -> Linked:
    """Links identifiers of customers who exist. Anonymous events that they name move to their customers.

    What cannot be linked is a fault and stops nothing; one over the limit of its kind leaves a doubt as well.
    """
    known_at, result = known_at or stamp(session), Linked()
    gone = erased(session)  # their identifiers were destroyed: nothing takes them up again
    marked = [m for m in _marked(claims, result) if m[1].customer_id not in gone]
    told = told_of(session, {mark for _, _, mark in marked})
    counts = _Counts(session, [claim for _, claim, _ in marked])
    fresh: dict[Key, dict[str, Any]] = {}
    shown: dict[Key, str] = {}
    doubts: list[Doubt] = []
    for number, claim, mark in marked:
        history = told.setdefault(mark, [])
        if _is_told(history, claim):
            continue
        if counts.is_over(claim, mark):
            result.faults.append((number, too_many(claim)))
            doubts.append(limit_doubt(claim, mark))
            continue
        history.append(Told(claim.customer_id, claim.from_at, claim.until))
        counts.add(claim, mark)
        key = (mark, claim.customer_id, claim.from_at)
        fresh[key], shown[key] = _row(claim, mark, known_at, by), masked(claim.kind, claim.value)
    ordered = [fresh[key] for key in sorted(fresh)]  # one order everywhere: two writers never wait crosswise
    for start in range(0, len(ordered), CHUNK):
        session.execute(insert(Identifier).on_conflict_do_nothing(), ordered[start : start + CHUNK])
    touched = {mark: told[mark] for mark, _, _ in fresh}
    conflicts.note(session, [*doubts, *ownership_doubts(session, touched, shown)])
    result.new = len(fresh)
    result.customers = anonymous.adopt(session, touched, known_at) if touched else set()
    result.faults.sort(key=lambda pair: pair[0])
    return result


def learn(session: Session, claims: Iterable[Claim], *, by: str, known_at: datetime | None = None) -> Linked:
    """What events show of who uses what, of customers who exist; others are left out.

    Of somebody who holds it already it is nothing new. What is another's and has one holder at a time stays with him,
    and becomes a doubt. The first who is seen with a device has used it for some days before (`reaches_back_days`).
    """
    marked = _marked(sorted(claims, key=lambda c: c.from_at), Linked())
    told = told_of(session, {mark for _, _, mark in marked})
    known = existing(session, {claim.customer_id for _, claim, _ in marked})
    new: list[Claim] = []
    doubts: list[Doubt] = []
    for _, claim, mark in marked:
        kind, history = kind_of(claim.kind), told.setdefault(mark, [])
        held = holders(history, claim.from_at, kind.succession)
        if claim.customer_id in held or claim.customer_id not in known:
            continue
        if held and kind.succession == HANDOVER:
            doubts.append(not_his(claim, mark, held))
            continue
        back = timedelta(days=0 if history else kind.reaches_back_days)
        new.append(claim._replace(from_at=claim.from_at - back))
        history.append(Told(claim.customer_id, new[-1].from_at))
    conflicts.note(session, of_several_persons(session, doubts))
    return take_claims(session, new, by=by, known_at=known_at) if new else Linked()


class _Counts:
    """How many identifiers of a kind each customer of the claims has."""

    def __init__(self, session: Session, claims: Iterable[Claim]) -> None:
        self.session = session
        self.marks: dict[tuple[str, str], set[Mark]] = {}
        row = Identifier
        wanted = sorted({claim.customer_id for claim in claims})
        these = any_(literal(wanted, ARRAY(String)))
        query = select(row.customer_id, row.kind, row.blind_index).where(col(row.customer_id) == these)
        for who, kind, index in session.exec(query) if wanted else ():
            self.marks.setdefault((who, kind), set()).add(f"{kind}~{index}")

    def add(self, claim: Claim, mark: Mark) -> None:
        self.marks.setdefault((claim.customer_id, claim.kind), set()).add(mark)

    def is_over(self, claim: Claim, mark: Mark) -> bool:
        """Whether with this one he would hold more than his kind allows, from its beginning on."""
        if claim.kind == CUSTOMER_ID:
            return True  # he has his own
        limit = kind_of(claim.kind).limit
        others = self.marks.get((claim.customer_id, claim.kind), set()) - {mark}
        return len(others) >= limit and self._held(claim, others) >= limit

    def _held(self, claim: Claim, marks: set[Mark]) -> int:
        """Without those that were no longer his by then. What this batch has added is his."""
        told, succession = told_of(self.session, marks), kind_of(claim.kind).succession
        return sum(
            mark not in told
            or any(
                h.customer_id == claim.customer_id and h.reaches(claim.from_at)
                for h in holdings(told[mark], succession)
            )
            for mark in marks
        )


def _marked(claims: Iterable[Claim], result: Linked) -> list[tuple[int, Claim, Mark]]:
    """The claims with their values as they are compared; what cannot be used is a fault."""
    good: list[tuple[int, Claim, Mark]] = []
    for number, claim in enumerate(claims):
        try:
            beijing(claim.from_at)
            plain = claim._replace(value=normalised(claim.kind, claim.value))
            good.append((number, plain, mark_of(claim.kind, plain.value)))
        except DongkeError as fault:
            result.faults.append((number, fault))
    return good


def _is_told(history: Sequence[Told], claim: Claim) -> bool:
    """Whether it says nothing new. Of a handed-over kind only the very same claim does: others may come between."""
    if claim.kind == CUSTOMER_ID:
        return claim.value == claim.customer_id
    joint = kind_of(claim.kind).succession == JOINT
    return any(
        t.customer_id == claim.customer_id
        and (t.from_at == claim.from_at or (joint and t.until is None and t.from_at <= claim.from_at))
        for t in history
    )


def _row(claim: Claim, mark: Mark, known_at: datetime, by: str) -> dict[str, Any]:
    return {
        "kind": claim.kind,
        "blind_index": mark.partition("~")[2],
        "from_at": claim.from_at,
        "customer_id": claim.customer_id,
        "sealed": seal(claim.kind, claim.value),
        "until": claim.until,
        "known_at": known_at,
        "by": by,
    }
