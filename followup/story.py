"""故事的行: what each line of a story (docs/stories.md) becomes, through the same doors as everything else."""

import hashlib
import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, TypeAlias

from sqlmodel import Session

from asr.repository import load_conversation, store_conversation
from dongke.clock import beijing
from dongke.directory import Advisor, Branch, Customer, set_owner
from dongke.errors import BadInput, DongkeError
from dongke.types import Conversation, Evidence, Explanation, Polarity, Reading, TagAssertion, aware
from followup import service
from profiles import tagging
from profiles.behaviour.intake import take_events
from profiles.identity import service as identity
from profiles.models import StaticSnapshot

Row: TypeAlias = Mapping[str, Any]
Read: TypeAlias = Callable[[Conversation], Reading]
STATIC = ("risk_level", "questionnaire_on", "permissions", "age")
NO_BRANCH = "未说明"
GIVEN = "given"  #: engine of the tags that a story gives itself
#: what must be there before the next can refer to it
ORDER = {"advisor": 0, "customer": 1, "owner": 2, "merge": 4, "unmerge": 4}


def order(row: Row) -> tuple[int, str]:
    kind = str(row.get("type")) if isinstance(row, Mapping) else ""
    at = row.get("at") or row.get("started_at") if isinstance(row, Mapping) else None
    try:
        moment = beijing(aware(at, "at")).isoformat()
    except DongkeError:
        moment = ""
    return ORDER.get(kind, 3), moment


def times(rows: Sequence[Row]) -> list[datetime]:
    """Every time in the story that can be read, ends of talks too."""
    found = []
    for row in rows:
        if not isinstance(row, Mapping):
            continue
        turns = row.get("utterances") or []
        for value in [row.get("at"), row.get("started_at"), row.get("known_at"), *(_at(u) for u in turns)]:
            if value:
                try:
                    found.append(aware(value, "at"))
                except DongkeError:
                    continue
        found += _end_of(row, turns)
    return found


def _at(utterance: Any) -> Any:
    return utterance.get("at") if isinstance(utterance, Mapping) else None


def _end_of(row: Row, turns: Any) -> list[datetime]:
    try:
        seconds = max((float(u.get("end") or 0) for u in turns), default=0.0)
        return [aware(row.get("started_at"), "started_at") + timedelta(seconds=seconds)]
    except (DongkeError, AttributeError, TypeError, ValueError):
        return []


def declare(session: Session, rows: Sequence[Row]) -> None:
    """Makes everyone whom some line names, so that lines may stand in any order and leave strangers undeclared."""
    branches = {row["id"]: row.get("branch") or NO_BRANCH for row in rows if row.get("type") == "advisor"}
    deputies = {row["id"]: list(row.get("deputies") or ()) for row in rows if row.get("type") == "advisor"}
    named = {row["advisor"] for row in rows if isinstance(row.get("advisor"), str)}
    named |= {d for group in deputies.values() for d in group} | set(branches)
    for branch in sorted({*branches.values(), NO_BRANCH}):
        session.merge(Branch(id=branch, name=branch))
    session.flush()
    for who in sorted(named):
        session.merge(Advisor(id=who, name=who, branch_id=branches.get(who, NO_BRANCH), deputies=deputies.get(who, [])))
    session.flush()
    declared = {row.get("id") for row in rows if row.get("type") == "customer"}
    for row in rows:
        who, advisor = row.get("customer"), row.get("advisor")
        if isinstance(who, str) and isinstance(advisor, str) and who not in declared:
            declared.add(who)
            session.merge(Customer(id=who, advisor_id=advisor))
    session.flush()


class Story:
    """Takes the lines of one story. `clock` stands in for the present."""

    def __init__(self, session: Session, read: Read, clock: datetime) -> None:
        self.session = session
        self.read = read
        self.clock = clock
        self.handlers: dict[str, Callable[[Row], None]] = {
            "advisor": lambda row: None,
            "customer": self._customer,
            "owner": self._owner,
            "conversation": self._conversation,
            "attempt": self._attempt,
            "note": self._note,
            "order": self._event,
            "event": self._event,
            "manual": self._manual,
            "merge": self._merge,
            "unmerge": self._unmerge,
            "feedback": self._feedback,
        }

    def take(self, number: int, row: Any) -> dict[str, Any] | None:
        """Takes one line; the fault where it cannot be used."""
        try:
            with self.session.begin_nested():
                handler = self.handlers.get(str(row.get("type"))) if isinstance(row, Mapping) else None
                if handler is None:
                    raise BadInput("story-line-unknown", "不认识的 type")
                handler(row)
        except DongkeError as fault:
            return {"line": number, "code": fault.code, "detail": fault.detail}
        except (KeyError, TypeError, ValueError) as fault:
            return {"line": number, "code": "story-line-invalid", "detail": f"缺少或不对的字段: {fault}"[:200]}
        return None

    def _customer(self, row: Row) -> None:
        at = aware(row["at"], "at")
        set_owner(self.session, row["id"], row["advisor"], at)
        data = {name: row[name] for name in STATIC if name in row}
        if data:
            ident = _digest("snapshot", row)
            self.session.merge(StaticSnapshot(id=ident, customer_id=row["id"], effective_at=at, known_at=at, data=data))

    def _owner(self, row: Row) -> None:
        set_owner(self.session, row["customer"], row["advisor"], aware(row["at"], "at"))

    def _conversation(self, row: Row) -> None:
        conversation = Conversation.from_json({"utterances": [], **row})
        known_at = aware(row["known_at"], "known_at") if row.get("known_at") else None
        store_conversation(
            self.session,
            conversation,
            customer_id=row["customer"],
            advisor_id=row["advisor"],
            direction=row.get("direction") or "out",
            answered=row.get("answered", True) is not False,
            known_at=known_at,
            clock=self.clock,
        )
        stored, talk = load_conversation(self.session, conversation.id)
        reading = self.read(talk)
        if row.get("tags") is not None:
            reading = _given(talk, row["tags"], reading)
        tagging.store_reading(self.session, stored, reading, read_at=stored.known_at)

    def _attempt(self, row: Row) -> None:
        service.add_attempt(
            self.session, customer_id=row["customer"], advisor_id=row["advisor"], at=aware(row["at"], "at")
        )

    def _note(self, row: Row) -> None:
        service.add_note(
            self.session,
            customer_id=row["customer"],
            advisor_id=row["advisor"],
            at=aware(row["at"], "at"),
            text=row["text"],
        )

    def _event(self, row: Row) -> None:
        at = aware(row["at"], "at")
        event = {
            "message_id": _digest("event", row),
            "customer_id": row["customer"],
            "event": row["event"] if row["type"] == "event" else row.get("event", "trade"),
            "at": row["at"],
            "properties": row.get("properties"),
        }
        for _, fault in take_events(self.session, [event], at).faults:
            raise fault

    def _manual(self, row: Row) -> None:
        service.tick(
            self.session,
            customer_id=row["customer"],
            playbook=row["playbook"],
            advisor_id=row["advisor"],
            at=aware(row["at"], "at"),
            outcome=row["outcome"],
        )

    def _merge(self, row: Row) -> None:
        first, *others = row["customers"]
        at = aware(row["at"], "at")
        for other in others:
            identity.merge(self.session, first, other, at, "story", known_at=at)

    def _unmerge(self, row: Row) -> None:
        first, *others = row["customers"]
        at = aware(row["at"], "at")
        for other in others:
            identity.unmerge(self.session, first, other, at, "story", known_at=at)

    def _feedback(self, row: Row) -> None:
        at = aware(row["at"], "at")
        by = str(row.get("by") or "story")
        tagging.feedback_on_tag(self.session, row["customer"], row["tag"], row["verdict"], by=by, at=at)


def _given(talk: Conversation, tags: Iterable[Row], reading: Reading) -> Reading:
    """The story's own tags in place of those read; the subjects are read from the words all the same."""
    found = tuple(_assertion(talk, tag) for tag in tags)
    return Reading(found, reading.mentions, f"{reading.engine_version}+{GIVEN}", reading.notes)


def _assertion(talk: Conversation, tag: Row) -> TagAssertion:
    indexes = [i for i in tag.get("evidence") or () if 0 <= i < len(talk.utterances)] or [0]
    return TagAssertion(
        tag=tag["tag"],
        polarity=Polarity(tag["polarity"]),
        value=dict(tag.get("value") or {}),
        evidence=tuple(_evidence(talk, i) for i in indexes),
        confidence=0.95,
        explanation=Explanation(GIVEN, "1", "given by the story"),
    )


def _evidence(talk: Conversation, index: int) -> Evidence:
    u = talk.utterances[index] if index < len(talk.utterances) else None
    if u is None:
        raise BadInput("story-line-invalid", "标签没有可指的原话")
    return Evidence(index, 0, len(u.text), u.speaker, u.text, u.start_ms, u.end_ms)


def _digest(kind: str, row: Row) -> str:
    text = json.dumps(row, sort_keys=True, ensure_ascii=False, default=str)
    return hashlib.sha256(f"{kind}|{text}".encode()).hexdigest()[:32]
