"""登记留下的疑点: what a claim of an identifier leaves open, for a person to settle."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime
from typing import NamedTuple

from sqlmodel import Session

from dongke.clock import beijing
from dongke.errors import Conflict, DongkeError
from profiles.identity.conflicts import Doubt
from profiles.identity.identifiers import CUSTOMER_ID, kind_of, masked
from profiles.identity.ownership import Holding, Told, holdings
from profiles.identity.persons import canonicals
from profiles.identity.resolution import Mark, kind_in

Key = tuple[Mark, str, datetime]  #: identifier, customer, from


class Claim(NamedTuple):
    """From `from_at` on (until `until`), this identifier names this customer."""

    kind: str
    value: str
    customer_id: str
    from_at: datetime
    until: datetime | None = None


def of_several_persons(session: Session, doubts: Sequence[Doubt]) -> list[Doubt]:
    """Without those between ids that a person has merged."""
    persons = canonicals(session, {who for doubt in doubts for who in doubt.customers})
    return [doubt for doubt in doubts if len({persons[who] for who in doubt.customers}) > 1]


def too_many(claim: Claim) -> DongkeError:
    kind = kind_of(claim.kind)
    if claim.kind == CUSTOMER_ID:
        return Conflict("identifier-limit", f"客户 {claim.customer_id} 已有客户号; 两个客户号是同一人, 要由人合并")
    text = f"客户 {claim.customer_id} 的{kind.label}已有 {kind.limit} 个, 没有关联 {masked(kind.name, claim.value)}"
    return Conflict("identifier-limit", text)


def not_his(claim: Claim, mark: Mark, held: Collection[str]) -> Doubt:
    """A log-in under one 客户号 with an identifier that is another's."""
    shown = f"{kind_of(claim.kind).label} {masked(claim.kind, claim.value)}"
    text = f"客户号指向 {claim.customer_id}, {shown} 登记在 {'、'.join(sorted(held))} 名下"
    return Doubt("disagreement", (claim.customer_id, *sorted(held)), (mark,), claim.from_at, text + "; 登记没有改动")


def limit_doubt(claim: Claim, mark: Mark) -> Doubt:
    return Doubt("limit", (claim.customer_id,), (mark,), claim.from_at, too_many(claim).detail)


def ownership_doubts(session: Session, told: Mapping[Mark, Sequence[Told]], fresh: Mapping[Key, str]) -> list[Doubt]:
    """What the new claims leave open: a number that changed hands, one that two hold and none can share.

    `fresh`: (mark, customer, from) → the value as people may see it.
    """
    shown = {mark: value for (mark, _, _), value in fresh.items()}
    several = {mark: claims for mark, claims in told.items() if len({t.customer_id for t in claims}) > 1}
    persons = canonicals(session, {t.customer_id for claims in several.values() for t in claims})
    new = {(mark, at) for mark, _, at in fresh}
    found: list[Doubt] = []
    for mark, claims in several.items():
        held = holdings(claims, kind_of(kind_in(mark)).succession)
        found += _handed(mark, shown[mark], [h for h in held if h.until and (mark, h.until) in new], persons)
        if not kind_of(kind_in(mark)).shareable:
            found += _double(mark, shown[mark], [h for h in held if (mark, h.from_at) in new], held, persons)
    return found


def _handed(mark: Mark, value: str, held: Iterable[Holding], persons: Mapping[str, str]) -> list[Doubt]:
    label = kind_of(kind_in(mark)).label
    found: list[Doubt] = []
    for h in held:
        others = tuple(c for c in h.taken_by if persons[c] != persons[h.customer_id])
        if others and h.until:
            text = f"{label} {value} 自{beijing(h.until):%Y-%m-%d} 起由 {h.customer_id} 转到 {'、'.join(others)}: "
            names = (h.customer_id, *others)
            found.append(Doubt("handover", names, (mark,), h.until, text + "是换了号, 还是两人共用?"))
    return found


def _double(
    mark: Mark, value: str, new: Iterable[Holding], held: Iterable[Holding], persons: Mapping[str, str]
) -> list[Doubt]:
    label = kind_of(kind_in(mark)).label
    return [
        Doubt(
            "double",
            (a.customer_id, b.customer_id),
            (mark,),
            max(a.from_at, b.from_at),
            f"{label} {value} 同时登记在 {a.customer_id} 和 {b.customer_id} 名下, 不认作任何一位",
        )
        for a in new
        for b in held
        if persons[a.customer_id] != persons[b.customer_id] and a.overlaps(b)
    ]
