"""Files and folders from the command line: taken in with a progress bar, and processed at once unless queued."""

from collections.abc import Callable, Iterable
from pathlib import Path

from rich.progress import Progress
from sqlmodel import Session

from api import pipeline
from api.commands import prepare_database
from api.doors import Outcome, Summary, ingest, retry
from api.printing import console, progress
from dongke import db, quarantine
from dongke.clock import now
from dongke.errors import BadInput, DongkeError, NotReady
from dongke.settings import settings
from dongke.types import Channel, Conversation

SHOWN_FAULTS = 20


def take_in(paths: list[Path], *, process: bool) -> int:
    """Takes files in and prints the account; gives how many pieces were refused or could not be processed."""
    prepare_database()
    with progress() as bars:
        summary = ingest_with_bar(paths, bars)
        failed = process_with_bars(summary, bars) if process else []
    print_summary(summary, failed)
    return summary.refused + len(failed)


def ingest_with_bar(paths: Iterable[Path], bars: Progress, title: str = "接入") -> Summary:
    """Takes files in; the bar counts pieces."""
    bar = bars.add_task(title, total=None)

    def step(outcome: Outcome) -> None:
        bars.update(bar, advance=1)

    summary = ingest(paths, progress=step)
    done = sum(summary.counts.values())
    bars.update(bar, total=done, completed=done)
    return summary


def process_with_bars(summary: Summary, bars: Progress) -> list[str]:
    """Runs the stages on what came in, in order, a bar each; gives a line for every piece that failed."""
    stages: list[tuple[str, list[str], Callable[[Session, str], pipeline.Done]]] = [
        ("转写录音", summary.recordings, pipeline.process_recording),
        ("阅读会话", summary.conversations, pipeline.process_conversation),
        ("阅读拜访记录", summary.notes, pipeline.process_note),
        ("更新商机", sorted(summary.customers), pipeline.refresh_customer),
    ]
    failed: list[str] = []
    for title, idents, work in stages:
        for ident in bars.track(idents, description=title) if idents else ():
            failed += _one(title, ident, work)
    return failed


def print_summary(summary: Summary, failed: list[str]) -> None:
    """新增, 未变, 拒收, and the first reasons."""
    out = console()
    out.print(f"接入: 新增或更新 {summary.accepted}, 未变 {summary.unchanged}, 拒收 {summary.refused}")
    for fault in summary.faults[:SHOWN_FAULTS]:
        reason = f"{fault.fault.detail} ({fault.fault.code})" if fault.fault else ""
        out.print(f"  {fault.source}: {reason}", markup=False)
    if summary.refused > SHOWN_FAULTS:
        out.print(f"  … 其余见 dongke db quarantine (共 {summary.refused})")
    for line in failed:
        out.print(f"  {line}", markup=False)


def retry_quarantine(ident: int | None) -> tuple[int, int]:
    """Retries one piece, or all that wait; gives how many went through and how many still wait."""
    prepare_database()
    with db.session_scope() as session:
        rows = [ident] if ident is not None else [r.id for r in quarantine.waiting(session, limit=100_000) if r.id]
    done = 0
    for number in rows:
        with db.session_scope() as session:
            done += retry(session, number).fault is None
    return done, len(rows) - done


def transcribe_file(path: Path, form: str) -> str:
    """The transcript of one recording as json, vtt, srt or txt; no database is touched, the speech model is needed."""
    from asr import audio, transcripts
    from asr.archive import hear
    from asr.utterances import to_utterances

    writers = {"json": transcripts.to_json, "vtt": transcripts.to_webvtt, "srt": transcripts.to_srt, "txt": _plain}
    if form not in writers:
        raise BadInput("format-unknown", f"不认识格式 {form}: 要 json, vtt, srt 或 txt")
    if not path.is_file():
        raise BadInput("file-unreadable", f"没有文件 {path}")
    sound = audio.decode(path, settings().max_recording_seconds)
    model = pipeline.transcriber()
    if model is None:
        raise NotReady("model-missing", f"没有语音模型 {settings().speech_model} (docs/speech.md)")
    turns = hear(sound, model).turns
    return writers[form](Conversation(path.stem, Channel.CALL, now(), to_utterances(turns)))


def _plain(conversation: Conversation) -> str:
    names = {"advisor": "投顾", "customer": "客户"}
    return "".join(f"{names[u.speaker]}: {u.text}\n" for u in conversation.utterances)


def _one(title: str, ident: str, work: Callable[[Session, str], pipeline.Done]) -> list[str]:
    try:
        with db.session_scope() as session:
            waiting = work(session, ident).waiting
    except DongkeError as fault:
        return [f"{title} {ident}: {fault.detail} ({fault.code})"]
    return [f"{title} {ident}: {waiting}"] if waiting else []
