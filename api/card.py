"""客户卡: the advisor's page in one answer – the profile, the sentences behind it, and what is still to be done.

Two statements fetch everything: the facts (profiles/loading.py), then the sentences and the open opportunities. A
question about the past is answered from the past: its opportunities are recomputed from what was known then.
"""

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from fastapi import Response
from sqlmodel import Session

from api.labels import key_label, playbook_label, state_label
from asr.transcriber import DEMO
from dongke import audit, db
from dongke.clock import beijing
from dongke.directory import advisor
from dongke.errors import BadInput
from dongke.scope import Principal, readable_customer
from dongke.standing import Purpose
from followup import service as followup
from followup.models import State
from followup.opportunity import Opportunity
from followup.rights import is_listed
from profiles import service
from profiles.profile import Profile
from profiles.rights.blanks import Blanks
from profiles.rights.fold import Rights
from profiles.rights.store import blanks_of
from profiles.suitability import marks

#: what `?fields=` may name; customer, as_of and known_at are always there
FIELDS = (
    "members",
    "contradictions",
    "three_lines",
    "next_question",
    "tags",
    "categories",
    "contact",
    "static",
    "behaviour",
    "suitability",
    "rights",
    "opportunities",
    "parameters_version",
)
ALWAYS = ("customer", "as_of", "known_at")
NOWHERE = -1  #: the utterance of words that are not found since their talk was written down anew
LIVE = (State.OPEN, State.CONTACTED, State.DISCUSSED)
_BESIDE = """
    select (
        select json_agg(json_build_array(u.conversation_id, u.index, u.text, c.recording_id is not null,
            c.source like %(demo)s))
        from unnest(%(talks)s::text[], %(indexes)s::int[]) asked(talk, index)
        join utterance u on u.conversation_id = asked.talk and u.index = asked.index and not u.revoked
        join conversation c on c.id = u.conversation_id
    ) as sentences, (
        select json_agg(json_build_array(id, recording_id is not null, source like %(demo)s)) from conversation
        where id = any(%(talks)s::text[]) and (recording_id is not null or source like %(demo)s)
    ) as recorded, (
        select json_agg(json_build_object('id', o.id, 'playbook', o.playbook, 'key', o.key, 'state', o.state,
            'owner_id', o.owner_id, 'owner_name', a.name, 'opened_at', o.opened_at, 'due_at', o.due_at,
            'discharged_at', o.discharged_at, 'attempts', o.attempts, 'low_yuan', o.low_yuan, 'high_yuan', o.high_yuan)
            order by o.due_at, o.id)
        from opportunity o join advisor a on a.id = o.owner_id
        where o.customer_id = any(%(members)s::text[]) and o.state = any(%(live)s::text[])
    ) as opportunities, exists (
        select from standing s where s.customer_id = any(%(members)s::text[]) and s.deletes
    ) as deletes"""


@dataclass(frozen=True, slots=True)
class Question:
    """What is asked of a customer: at which two times (now where None), and which fields (all where None)."""

    as_of: datetime | None = None
    known_at: datetime | None = None
    fields: frozenset[str] | None = None
    opened: bool = False  #: a reason opens restricted data (`X-Break-Glass`)

    @property
    def is_past(self) -> bool:
        return self.as_of is not None or self.known_at is not None

    def wants(self, field: str) -> bool:
        return self.fields is None or field in self.fields

    def to_json(self) -> dict[str, Any]:
        """As the audit keeps it."""
        asked: dict[str, Any] = {"as_of": _iso(self.as_of), "known_at": _iso(self.known_at)}
        return asked | ({"fields": sorted(self.fields)} if self.fields is not None else {})


def fields_of(given: str | None) -> frozenset[str] | None:
    """The fields of `?fields=tags,suitability`; None asks for all. Raises BadInput `fields-unknown`."""
    if given is None:
        return None
    names = [name.strip() for name in given.split(",")]
    unknown = sorted({name for name in names if name not in FIELDS})
    if unknown:
        told = "、".join(name[:40] or "(空)" for name in unknown)
        raise BadInput("fields-unknown", f"没有这样的字段: {told}; 可以要: {', '.join(FIELDS)}")
    return frozenset(names)


def card(session: Session, customer_id: str, asked: Question) -> dict[str, Any]:
    """The card of the customer, with the fields that were asked for. Raises NotFound `customer-unknown`."""
    profile = service.profile_of(session, customer_id, as_of=asked.as_of, known_at=asked.known_at, opened=asked.opened)
    page = profile.to_json()
    evidence = [e for tag in page["tags"] for e in tag["evidence"]] if asked.wants("tags") else []
    sentences, rows = _beside(session, profile, evidence)
    for e in evidence:
        e["sentence"], e["audio"], e["demo"] = sentences.get(_place(e), (None, False, False))
        if e["sentence"] is not None and e["quote"] not in e["sentence"]:
            e["sentence"] = None  # of a past answer: the talk was written down anew since
    if asked.wants("opportunities"):
        found = _in_the_past(session, profile) if asked.is_past else rows
        page["opportunities"] = _shown(found, profile)
    return {name: value for name, value in page.items() if name in ALWAYS or asked.wants(name)}


def body(page: Mapping[str, Any]) -> tuple[bytes, str]:
    """The card as JSON, and its ETag: a mark of the content, to which the two times of the question do not belong."""
    times = {name: page[name] for name in ("as_of", "known_at")}
    content = {name: value for name, value in page.items() if name not in times}
    text = json.dumps(content, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    etag = f'"{hashlib.sha256(text.encode()).hexdigest()[:32]}"'
    return f"{json.dumps(times, separators=(',', ':'))[:-1]},{text[1:]}".encode(), etag


def answer(session: Session, principal: Principal, customer_id: str, asked: Question, held: str | None) -> Response:
    """The card over HTTP, audited; 304 where the asker holds this content. Raises NotFound `customer-unknown`."""
    customer = readable_customer(session, principal, customer_id)
    content, etag = body(card(session, customer.id, asked))
    audit.record_read(session, principal.subject, "profile.read", customer.id, **asked.to_json())
    headers = {"ETag": etag, "Cache-Control": "private, no-cache"}
    if matches(etag, held):
        return Response(status_code=304, headers=headers)
    return Response(content, headers=headers, media_type="application/json")


def matches(etag: str, if_none_match: str | None) -> bool:
    """Whether the asker has this content already."""
    marks = (if_none_match or "").split(",")
    return any(mark.strip().removeprefix("W/") == etag for mark in marks)


def _beside(
    session: Session, profile: Profile, evidence: list[dict[str, Any]]
) -> tuple[dict[tuple[str, int], tuple[str | None, bool, bool]], list[dict[str, Any]]]:
    """The whole sentences of the evidence without what is deleted or refused, each with whether there is a recording
    of it and whether the demo's model heard it, and the stored opportunities in which something is still to be done."""
    wanted = sorted({_place(e) for e in evidence})
    asked: dict[str, Any] = {
        "talks": [talk for talk, _ in wanted],
        "indexes": [index for _, index in wanted],
        "members": list(profile.members),
        "live": [state.value for state in LIVE],
        "demo": f"{DEMO}%",
    }
    row = db.one(session, _BESIDE, asked)
    forgets = row.deletes or Purpose.SENSITIVE in profile.refused
    gone = blanks_of(session, asked["talks"]) if forgets else Blanks()
    sentences: dict[tuple[str, int], tuple[str | None, bool, bool]] = {
        (talk, index): (gone.of(talk, index, words), heard, demo)
        for talk, index, words, heard, demo in row.sentences or ()
    }
    lost = {(talk, NOWHERE): (None, heard, demo) for talk, heard, demo in row.recorded or ()}
    return lost | sentences, row.opportunities or []


def _place(evidence: Mapping[str, Any]) -> tuple[str, int]:
    """Conversation and utterance; what is to be checked stands in none, and can be listened to all the same."""
    return evidence["conversation_id"], NOWHERE if evidence["utterance"] is None else evidence["utterance"]


def _in_the_past(session: Session, profile: Profile) -> list[dict[str, Any]]:
    """The opportunities as they stood then, from what was known then."""
    found = followup.compute_at(session, profile.customer_id, profile.as_of, profile.known_at)
    return [_row(session, o) for o in sorted(found, key=lambda o: (o.due_at, o.id)) if o.state in LIVE]


def _row(session: Session, o: Opportunity) -> dict[str, Any]:
    return {
        "id": o.id,
        "playbook": o.playbook,
        "key": o.key,
        "state": o.state.value,
        "owner_id": o.owner,
        "owner_name": advisor(session, o.owner).name,
        "opened_at": beijing(o.opened_at).isoformat(),
        "due_at": beijing(o.due_at).isoformat(),
        "discharged_at": _iso(o.discharged_at),
        "attempts": o.attempts,
        "low_yuan": o.low_yuan,
        "high_yuan": o.high_yuan,
    }


def _shown(rows: Iterable[dict[str, Any]], profile: Profile) -> list[dict[str, Any]]:
    """With their Chinese names, whether they are late, and whether what they suggest may be offered."""
    rights = Rights(refused=frozenset(Purpose(name) for name in profile.refused))
    return [_named(row, profile) for row in rows if is_listed(row["playbook"], rights)]


def _named(row: dict[str, Any], profile: Profile) -> dict[str, Any]:
    due, done = datetime.fromisoformat(row["due_at"]), row["discharged_at"]
    mark = marks.of_playbook(row["playbook"], row["key"], profile.suitability)
    return row | {
        "opened_at": beijing(datetime.fromisoformat(row["opened_at"])).isoformat(),
        "due_at": beijing(due).isoformat(),
        "discharged_at": beijing(datetime.fromisoformat(done)).isoformat() if done else None,
        "playbook_label": playbook_label(row["playbook"]),
        "key_label": key_label(row["playbook"], row["key"]),
        "state_label": state_label(row["state"]),
        "overdue": profile.as_of >= due and not (done and datetime.fromisoformat(done) <= due),
        "suitability": mark.to_json() if mark else None,
    }


def _iso(moment: datetime | None) -> str | None:
    return None if moment is None else beijing(moment).isoformat()
