"""各入口的收法: one function a kind of piece, from its row to the package that keeps it. `api/doors.py` calls them.

A function of `ONE` takes one row and gives its id and state; a function of `BATCHED` takes all at once.
"""

import json
from collections.abc import Callable, Iterable, Iterator
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sqlalchemy import ARRAY, String, any_, literal, select, union
from sqlmodel import Session, col

from api import files
from api.files import Kind, Piece
from dongke.clock import now
from dongke.errors import BadInput, DongkeError
from dongke.settings import Settings
from dongke.stamps import stamp
from dongke.types import Conversation, aware

if TYPE_CHECKING:
    from api.doors import Intake
    from asr.chatlog import Consent
    from asr.manifest import ManifestFault, RecordingMeta
    from asr.models import Recording

Row = dict[str, Any]


def recordings(place: Path) -> Iterator[Piece]:
    """The lines of a folder's manifest, or of the manifest at that path, as pieces."""
    from asr.manifest import manifest

    folder = place.parent if place.is_file() else place
    where = {"folder": str(folder.resolve())} | ({"manifest": place.name} if place.is_file() else {})
    return _manifest_pieces(manifest(place), folder.resolve().name, where)


def recordings_at(url: str, config: Settings) -> Iterator[Piece]:
    """The lines of the manifest that lies at the URL, or below it, as pieces."""
    from asr import sources
    from asr.manifest import redacted

    shown = redacted(url)
    return _manifest_pieces(sources.manifest_of(url, config), shown, {"folder": None, "url": shown})


def _manifest_pieces(lines: Iterable["RecordingMeta | ManifestFault"], name: str, where: Row) -> Iterator[Piece]:
    from asr.manifest import MANIFEST, ManifestFault

    for found in lines:
        if isinstance(found, ManifestFault):
            source = f"{MANIFEST}:{found.line}" if found.line else f"{name}/{found.text}"
            yield Piece(source, files.as_bytes(where | {"text": found.text}), fault=found.error)
        else:
            row = where | {name: getattr(found, name) for name in found.__slots__}
            yield recording_piece(MANIFEST, row | {"started_at": found.started_at.isoformat()})


def recording_piece(door: str, row: Row) -> Piece:
    """A row that describes a recording. What is kept of it, should it be refused, has no log-in and no signature."""
    from asr.manifest import is_url, redacted

    hidden = {name: redacted(row[name]) for name in ("file", "transcript") if is_url(str(row.get(name) or ""))}
    kept = row | hidden
    return Piece(f"{door}: {kept['file']}", files.as_bytes(kept), row)


def transcripts(path: Path) -> Iterator[Piece]:
    """The lines of a manifest of transcripts without recordings as pieces."""
    for piece in files.csv_pieces(path):
        if piece.fault is not None:
            yield piece
            continue
        row = {name: cell for name, cell in piece.row.items() if cell} | {"folder": str(path.parent.resolve())}
        yield Piece(piece.source, files.as_bytes(row), row)


def _transcript(intake: "Intake", row: Any) -> tuple[str, str]:
    """A transcript by itself: inline, or the path of a file within the manifest's folder."""
    from asr.imports import TranscriptMeta, read, speakers_of, take

    channel = row.get("advisor_channel")
    if channel is not None and str(channel) not in ("0", "1"):
        raise BadInput("conversation-invalid", "advisor_channel 必须是 0 或 1")
    answered = str(row.get("answered", True)).lower()
    if answered not in ("true", "false", "1", "0"):
        raise BadInput("conversation-invalid", "answered 必须是 true 或 false")
    meta = TranscriptMeta(
        customer_id=_text(row, "customer_id", "customer"),
        advisor_id=_text(row, "advisor_id", "advisor"),
        started_at=aware(row.get("started_at"), "started_at"),
        id=str(row.get("id") or row.get("call_id") or "") or None,
        direction=row.get("direction") or "out",
        answered=answered in ("true", "1"),
        advisor_channel=None if channel is None else int(channel),
        speakers=speakers_of(row.get("speakers")),
    )
    folder = Path(row["folder"]) if "folder" in row else None
    given = row["transcript"] if folder is None else _text(row, "transcript")
    result = take(intake.session, read(given, meta.voices, folder), meta)
    if result.state != "unchanged":
        intake.summary.conversations.append(result.id)
    return result.id, result.state


def _conversation(intake: "Intake", row: Any) -> tuple[str, str]:
    from asr.repository import store_conversation

    if isinstance(row, dict) and "transcript" in row and "folder" not in row:
        return _transcript(intake, row)
    conversation = Conversation.from_json(row)
    result = store_conversation(
        intake.session,
        conversation,
        customer_id=_text(row, "customer_id", "customer"),
        advisor_id=_text(row, "advisor_id", "advisor"),
        direction=row.get("direction", "out"),
        answered=_flag(row, "answered", default=True),
        known_at=aware(row["known_at"], "known_at") if row.get("known_at") else None,
    )
    if result.state != "unchanged":
        intake.summary.conversations.append(result.id)
    return result.id, result.state


def _recording(intake: "Intake", row: Any) -> tuple[str, str]:
    from asr import backlog
    from asr.models import RecordingState
    from asr.recordings import RecordingMeta, register

    if "file" not in row:
        return _manifest_again(intake, row)
    fields = {name: row[name] for name in RecordingMeta.__slots__ if row.get(name) is not None}
    fields["started_at"] = aware(row.get("started_at"), "started_at")
    recording = _archived(intake, row) if intake.is_backfill else None
    begun = stamp(intake.session)
    if recording is None:
        path = _sound_of(intake, fields, row)
        recording = register(intake.session, path, RecordingMeta(**fields), intake.config)
        if intake.is_backfill:
            backlog.remember(intake.session, recording.id, path, is_new=recording.received_at >= begun)
    waits = recording.state in (RecordingState.REGISTERED, RecordingState.NEEDS_MODEL, RecordingState.FAILED)
    if waits:
        intake.summary.recordings.append(recording.id)
    return recording.id, "new" if recording.received_at >= begun else "unchanged"


def _archived(intake: "Intake", row: Row) -> "Recording | None":
    """The recording that this file of an archive was registered as; None where it must be looked into (again)."""
    from asr import backlog
    from asr.manifest import inside, is_url
    from asr.models import Recording

    if is_url(row["file"]):
        return None
    known = backlog.known(intake.session, inside(Path(row["folder"]), row["file"]), row["customer_id"])
    recording = intake.session.get(Recording, known) if known else None
    return recording if recording is not None and (recording.sidecar or not row.get("transcript")) else None


def _sound_of(intake: "Intake", fields: Row, row: Row) -> Path:
    """Where the sound lies: within the folder, or fetched from its URL with the transcript that is named beside it.

    What is known by the hash that the source tells is not fetched again.
    """
    from asr import sources
    from asr.manifest import inside, is_url
    from asr.recordings import is_of_another, known_file

    if not is_url(row["file"]):
        return inside(Path(row["folder"]), row["file"])
    told = fields.pop("transcript", None)
    known = known_file(intake.session, fields.get("sha256")) if told is None else None
    if known is not None:
        return known
    kept = sources.fetch(row["file"], intake.config, fields.get("sha256"))
    if told is not None and not is_of_another(intake.session, kept.sha256, str(fields.get("customer_id"))):
        sources.fetch_transcript(told, kept.path, intake.config)
    return kept.path


def _manifest_again(intake: "Intake", row: Any) -> tuple[str, str]:
    """A line of a manifest that could not be used, or a sound that no line named: the manifest as it is now decides."""
    if row.get("url"):
        name, pieces = row["url"], list(recordings_at(row["url"], intake.config))
    else:
        folder = Path(_text(row, "folder"))
        name, pieces = folder.name, list(recordings(folder / row.get("manifest", "")))
    for piece in pieces:
        if piece.fault is not None and json.loads(piece.raw)["text"] == row.get("text"):
            raise piece.fault
    intake.take(Kind.RECORDING, pieces)
    return name, "changed"


def _note(intake: "Intake", row: Any) -> tuple[str, str]:
    from dongke.privacy import mask
    from followup.models import Note
    from followup.service import add_note

    contact, words = _contact(row), _text(row, "text")
    known = _known(intake.session, Note, contact, col(Note.text) == mask(words))
    ident = add_note(intake.session, **contact, text=words).id
    if not known:
        intake.summary.notes.append(ident)
    return ident, "unchanged" if known else "new"


def _attempt(intake: "Intake", row: Any) -> tuple[str, str]:
    from followup.models import Attempt
    from followup.service import add_attempt

    contact = _contact(row)
    known = _known(intake.session, Attempt, contact)
    ident = add_attempt(intake.session, **contact).id
    if not known:
        intake.summary.customers.add(contact["customer_id"])
    return ident, "unchanged" if known else "new"


def _messages(intake: "Intake", kind: Kind, pieces: list[Piece]) -> None:
    from asr.chatlog import Party, take_messages
    from profiles.identity.service import party

    moment = now()
    known: dict[str, Party | None] = {}

    def resolve(ident: str) -> Party | None:
        if ident not in known:
            found = party(intake.session, ident, moment)
            known[ident] = Party(*found) if found else None
        return known[ident]

    result = take_messages(intake.session, [p.row for p in pieces], resolve)
    intake.summary.conversations.extend(sorted(result.conversations))
    _consents(intake, result.consents, moment)
    _account(intake, kind, pieces, result.faults, result.accepted)


def _consents(intake: "Intake", consents: list["Consent"], moment: datetime) -> None:
    """企微 agree and disagree are facts about the customer: events in his timeline, and his word on the analysis."""
    from profiles.behaviour.intake import take_events
    from profiles.rights.consents import take_consents

    rows = [
        {
            "message_id": f"archive-consent:{c.customer_id}:{c.advisor_id}:{c.at.isoformat()}",
            "customer_id": c.customer_id,
            "event": "archive_agreed" if c.agreed else "archive_refused",
            "at": c.at.isoformat(),
            "properties": {"advisor": c.advisor_id},
        }
        for c in consents
    ]
    take_events(intake.session, rows, stamp(intake.session))
    words = [
        {
            "customer_id": c.customer_id,
            "purpose": "analysis",
            "status": "granted" if c.agreed else "denied",
            "at": c.at.isoformat(),
            "source": "企业微信会话存档",
        }
        for c in consents
    ]
    intake.summary.customers |= take_consents(intake.session, words, by="wecom").customers


def _events(intake: "Intake", kind: Kind, pieces: list[Piece]) -> None:
    from api.doors import Outcome
    from profiles.behaviour.intake import expand, take_events

    opened = [one for piece in pieces for one in _opened(piece, expand([piece.row]))]
    result = take_events(intake.session, [p.row for p in opened], stamp(intake.session), heard_at=intake.heard_at)
    intake.summary.customers |= result.customers
    refused = dict(result.faults)
    for number, piece in enumerate(opened):
        if number in refused:
            intake.refuse(kind, piece.source, piece.raw, refused[number])
        else:
            state = "new" if number in result.new else "waiting" if number in result.waiting else "unchanged"
            intake.note(Outcome(kind, piece.source, _source_id(piece.row), state))


def _opened(piece: Piece, rows: list[Any]) -> list[Piece]:
    """A batch envelope as its events."""
    if len(rows) == 1 and rows[0] is piece.row:
        return [piece]
    return [Piece(f"{piece.source}#{n}", files.as_bytes(row), row) for n, row in enumerate(rows, 1)]


def _directory(intake: "Intake", kind: Kind, pieces: list[Piece]) -> None:
    from profiles.static import take_directory

    rows: dict[str, Any] = {str(kind): [p.row for p in pieces]}
    result = take_directory(intake.session, **rows)
    faults = [(number, fault) for _, number, fault in result.faults]
    if kind is Kind.CUSTOMERS and result.customers + result.snapshots:
        intake.summary.customers |= {str(p.row["customer_id"]) for p in pieces}
    _account(intake, kind, pieces, faults, result.branches + result.advisors + result.customers)


def _identifiers(intake: "Intake", kind: Kind, pieces: list[Piece]) -> None:
    from profiles.identity.rows import take_rows

    result = take_rows(intake.session, [p.row for p in pieces], stamp(intake.session))
    intake.summary.customers |= result.customers
    _account(intake, kind, pieces, result.faults, result.new)


def _snapshots(intake: "Intake", kind: Kind, pieces: list[Piece]) -> None:
    from profiles.snapshots import take_snapshots

    result = take_snapshots(intake.session, [p.row for p in pieces])
    intake.summary.customers |= set(result.changed_ids)
    _account(intake, kind, pieces, result.faults, result.accepted)


def _consent_rows(intake: "Intake", kind: Kind, pieces: list[Piece]) -> None:
    from profiles.rights.consents import take_consents

    result = take_consents(intake.session, [p.row for p in pieces], by="import")
    intake.summary.customers |= result.customers
    _account(intake, kind, pieces, result.faults, result.accepted)


def _account(
    intake: "Intake", kind: Kind, pieces: list[Piece], faults: list[tuple[int, DongkeError]], accepted: int
) -> None:
    """Notes what became of a batch. Which of its good pieces were new is known as a count only."""
    from api.doors import Outcome

    refused = dict(faults)
    for number, piece in enumerate(pieces):
        fault = refused.get(number)
        if fault is not None:
            intake.refuse(kind, piece.source, piece.raw, fault)
            continue
        intake.note(Outcome(kind, piece.source, _source_id(piece.row), "new" if accepted > 0 else "unchanged"))
        accepted -= 1


def _source_id(row: Any) -> str | None:
    found = next(
        (row[name] for name in ("msgid", "messageId", "message_id") if isinstance(row, dict) and row.get(name)), None
    )
    return str(found) if found is not None else None


def _contact(row: Any) -> dict[str, Any]:
    from asr.repository import check_time

    return {
        "customer_id": _text(row, "customer_id", "customer"),
        "advisor_id": _text(row, "advisor_id", "advisor"),
        "at": check_time(aware(_text(row, "at"), "at"), "at", now()),
    }


def _known(session: Session, table: Any, contact: dict[str, Any], *more: Any) -> bool:
    same = [getattr(table, name) == value for name, value in contact.items()]
    return session.execute(select(table.id).where(*same, *more).limit(1)).first() is not None


def with_talks(session: Session, customers: set[str]) -> set[str]:
    """Those of them whose opportunities can have changed: somebody has spoken with them, they are merged, or they did
    what opens one by itself."""
    from asr.models import StoredConversation
    from dongke.settings import settings
    from followup import playbooks
    from profiles.models import BehaviourEvent, IdentityLink

    if not customers:
        return set()
    these = any_(literal(sorted(customers), ARRAY(String)))  # one parameter, one query, however many they are
    owners = (col(StoredConversation.customer_id), col(IdentityLink.customer_id), col(IdentityLink.into_id))
    opening = playbooks.opening_events(playbooks.load(settings().playbooks_dir))
    doer = col(BehaviourEvent.customer_id)
    did = select(doer).where(doer == these, col(BehaviourEvent.event).in_(opening))
    return set(session.execute(union(*(select(owner).where(owner == these) for owner in owners), did)).scalars())


def _text(row: Any, *names: str) -> str:
    """The first of these fields that is there. Raises BadInput `field-missing`."""
    for name in names:
        value = row.get(name) if isinstance(row, dict) else None
        if isinstance(value, str) and value.strip():
            return value
    raise BadInput("field-missing", f"缺少 {names[0]}")


def _flag(row: Any, name: str, *, default: bool) -> bool:
    value = row.get(name, default)
    if not isinstance(value, bool):
        raise BadInput("conversation-invalid", f"{name} 必须是 true 或 false")
    return value


ONE: dict[Kind, Callable[["Intake", Any], tuple[str, str]]] = {
    Kind.CONVERSATION: _conversation,
    Kind.TRANSCRIPT: _transcript,
    Kind.RECORDING: _recording,
    Kind.NOTE: _note,
    Kind.ATTEMPT: _attempt,
}
BATCHED: dict[Kind, Callable[["Intake", Kind, list[Piece]], None]] = {
    Kind.WECOM: _messages,
    Kind.EVENT: _events,
    Kind.BRANCHES: _directory,
    Kind.ADVISORS: _directory,
    Kind.CUSTOMERS: _directory,
    Kind.IDENTIFIERS: _identifiers,
    Kind.SNAPSHOTS: _snapshots,
    Kind.CONSENTS: _consent_rows,
}
