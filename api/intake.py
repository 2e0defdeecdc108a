"""Files and folders from the command line: taken in with a progress bar, and processed at once unless queued."""

from collections import Counter
from collections.abc import Callable, Iterable
from pathlib import Path

from rich.progress import Progress
from sqlalchemy.exc import OperationalError

from api import worker
from api.bars import progress
from api.commands import prepare_database
from api.doors import Outcome, Summary, fetch, ingest, retry
from api.printing import console
from api.queue import Task
from dongke import db, quarantine
from dongke.clock import now
from dongke.errors import BadInput, NotReady
from dongke.settings import settings
from dongke.types import Channel, Conversation

SHOWN_FAULTS = 20
Step = Callable[[Outcome], None]


def take_in(paths: list[Path], *, process: bool) -> int:
    """Takes files in and prints the account; gives how many pieces were refused or could not be processed."""
    return _take(lambda bars: ingest_with_bar(paths, bars), process)


def fetch_from(urls: list[str], *, process: bool) -> int:
    """Takes in the recordings of the manifests at those URLs, as `take_in` does files."""
    return _take(lambda bars: _with_bar(bars, "取录音", lambda step: fetch(urls, progress=step)), process)


def ingest_with_bar(paths: Iterable[Path], bars: Progress, title: str = "接入") -> Summary:
    """Takes files in; the bar counts pieces."""
    return _with_bar(bars, title, lambda step: ingest(paths, progress=step))


def _take(take: Callable[[Progress], Summary], process: bool) -> int:
    prepare_database()
    with progress("ingest") as bars:
        summary = take(bars)
        failed = process_with_bars(summary, bars) if process else []
    print_summary(summary, failed, processed=process)
    return summary.refused + len(failed)


def _with_bar(bars: Progress, title: str, take: Callable[[Step], Summary]) -> Summary:
    bar = bars.add_task(title, total=None)

    def step(outcome: Outcome) -> None:
        bars.update(bar, advance=1)

    summary = take(step)
    done = sum(summary.counts.values())
    bars.update(bar, total=done, completed=done)
    return summary


def process_with_bars(summary: Summary, bars: Progress) -> list[str]:
    """Runs the stages on what came in, in order, a bar each; gives a line for every piece that failed."""
    stages: list[tuple[str, list[str], Task]] = [
        ("转写录音", summary.recordings, Task.RECORDING),
        ("阅读会话", summary.conversations, Task.CONVERSATION),
        ("阅读拜访记录", summary.notes, Task.NOTE),
        ("更新商机", sorted(summary.customers), Task.CUSTOMER),
    ]
    failed: list[str] = []
    for title, idents, task in stages:
        for ident in bars.track(idents, description=title) if idents else ():
            failed += _one(title, ident, task)
    return failed


def print_summary(summary: Summary, failed: list[str], *, processed: bool = True) -> None:
    """新增, 未变, 拒收, and the first reasons; what the words of the recordings come from."""
    out = console()
    out.print(f"接入: 新增或更新 {summary.accepted}, 未变 {summary.unchanged}, 拒收 {summary.refused}")
    for fault in summary.faults[:SHOWN_FAULTS]:
        reason = f"{fault.fault.detail} ({fault.fault.code})" if fault.fault else ""
        out.print(f"  {fault.source}: {reason}", markup=False)
    if summary.refused > SHOWN_FAULTS:
        out.print(f"  … 其余见 dongke db quarantine (共 {summary.refused})")
    if summary.recordings and processed:
        out.print("录音: " + ", ".join(f"{word} {n}" for word, n in _sources(summary.recordings).items()))
    for line in failed:
        out.print(f"  {line}", markup=False)


def retry_quarantine(ident: int | None) -> tuple[int, int]:
    """Retries one piece, or all that wait, and processes what comes in; gives how many did and how many still wait."""
    prepare_database()
    with db.session_scope() as session:
        rows = [ident] if ident is not None else [r.id for r in quarantine.waiting(session, limit=100_000) if r.id]
    done, summary = 0, Summary()
    for number in rows:
        with db.session_scope() as session:
            done += retry(session, number, total=summary).fault is None
    with progress("ingest") as bars:
        failed = process_with_bars(summary, bars)
    for line in failed:
        console().print(f"  {line}", markup=False)
    return done, len(rows) - done


def transcribe_file(path: Path, form: str) -> str:
    """The transcript of one recording as json, vtt, srt or txt; no database is touched, the speech model is needed."""
    from asr import audio, transcripts
    from asr.finish import masked
    from asr.hearing import hear
    from asr.utterances import to_utterances
    from asr.whisper import load

    if form not in transcripts.WRITERS:
        raise BadInput("format-unknown", f"不认识格式 {form}: 要 json, vtt, srt 或 txt")
    if not path.is_file():
        raise BadInput("file-unreadable", f"没有文件 {path}")
    sound = audio.decode(path, settings().max_recording_seconds)
    heard = masked(hear(sound, load(settings())))
    talk = Conversation(path.stem, Channel.CALL, now(), to_utterances(heard.turns))
    return transcripts.write(form, talk, heard.turns, heard.source)


def _one(title: str, ident: str, task: Task) -> list[str]:
    """A piece that fails is kept, and the others go on."""
    try:
        waiting = worker.attempt(task, ident, worker.WORK[task]).waiting
    except NotReady as fault:
        return [f"{title} {ident}: {fault.detail} ({fault.code})"]
    except OperationalError:
        raise  # the database is away
    except Exception as fault:
        kept = worker.give_up(task, ident, fault)
        return [f"{title} {ident}: {kept.detail} ({kept.code})"]
    return [f"{title} {ident}: {waiting}"] if waiting else []


def _sources(idents: list[str]) -> Counter[str]:
    """Where the words of these recordings come from, in Chinese; for the others, their state."""
    from asr.archive import SIDECAR
    from asr.models import Recording, RecordingState

    words = {RecordingState.NEEDS_MODEL: "等待语音模型", RecordingState.FAILED: "失败", RecordingState.SUSPECT: "可疑"}
    with db.session_scope() as session:
        rows = [row for ident in idents if (row := session.get(Recording, ident))]
    heard = ("用旁边的文字稿" if (row.transcript_source or "").startswith(SIDECAR) else "语音模型转写" for row in rows)
    return Counter(words.get(row.state, source) for row, source in zip(rows, heard, strict=True))
