"""批量导入, from files to features: `import_events` is what `dongke import events` runs."""

import json
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from itertools import chain, islice, pairwise
from pathlib import Path

from sqlmodel import Session, col, select

from dongke import db, quarantine
from dongke.clock import now
from dongke.directory import Customer
from dongke.errors import BadInput, DongkeError
from profiles.behaviour.bulk import Fault, Options, Progress, Staged, stage
from profiles.behaviour.bulk_load import Loaded, load
from profiles.identity.identifiers import CUSTOMER_ID, normalised, registry
from profiles.identity.ownership import Holding, holdings
from profiles.identity.resolution import kind_in, mark_of, told_of

DOOR = "event"  #: of the quarantine, as for single events
QUARANTINED = 1_000  #: so many rows wait in the quarantine, one by one; those beyond are written to a file
Held = tuple[str, str, datetime, datetime | None]  #: kind:value, its customer, from, until


@dataclass(slots=True)
class Imported:
    """导入的总账. `rejected`: the file with the refused rows beyond those in the quarantine."""

    rows: int = 0
    new: int = 0
    waiting: int = 0  #: of people who cannot be told yet
    duplicates: int = 0
    refused: int = 0
    reasons: Counter[str] = field(default_factory=Counter)  #: refused, by code
    rejected: Path | None = None
    customers: set[str] = field(default_factory=set)  #: whose events were in the files


def import_events(
    paths: Sequence[Path],
    options: Options | None = None,
    *,
    rejected: Path,
    progress: Progress = lambda title, done, total: None,
    known_at: datetime | None = None,
) -> Imported:
    """Imports the files in one transaction: what is new is stored and counted, every other row has its reason.

    `rejected`: where refused rows beyond `QUARANTINED` are written, to be mended and imported again. `known_at`: from
    when on the rows are known; the last step unless given, so that what was answered before it stays as it was.
    Raises BadInput, NotReady; then nothing was imported.
    """
    with Session(db.engine()) as session:
        customers = list(session.exec(select(col(Customer.id))))

        def held(who: Sequence[str]) -> tuple[list[Held], list[tuple[str, str]]]:
            return ownership(session, who)

        with stage(paths, known_at or now(), customers, held, options, progress) as staged:
            session.commit()  # what is read so far took its time: the writing begins here
            connection = session.connection().connection.driver_connection
            assert connection is not None
            loaded = load(connection, staged, known_at, progress)
            result = _account(staged, loaded)
            _keep(session, chain(staged.faults(), loaded.conflicts), rejected, result)
            session.commit()
    return result


def ownership(session: Session, who: Iterable[str]) -> tuple[list[Held], list[tuple[str, str]]]:
    """When each `kind:value` named one customer alone; and the mark of each under which what names nobody may wait."""
    marks: dict[str, list[str]] = {}
    for text in who:
        kind, _, value = text.partition(":")
        try:
            marks.setdefault(mark_of(kind, normalised(kind, value)), []).append(text)
        except DongkeError:
            continue
    found: list[Held] = []
    for mark, told in told_of(session, marks).items():
        succession = registry().kinds[mark.partition("~")[0]].succession
        alone = list(_alone(holdings(told, succession)))
        found += [(text, h.customer_id, h.from_at, h.until) for text in marks[mark] for h in alone]
    waiting = [(text, mark) for mark, texts in marks.items() if kind_in(mark) != CUSTOMER_ID for text in texts]
    return found, waiting


def _alone(held: Sequence[Holding]) -> Iterator[Holding]:
    """The times in which exactly one holds it."""
    times = sorted({t for h in held for t in (h.from_at, h.until) if t is not None})
    for start, end in pairwise([*times, None]):
        holders = {h.customer_id for h in held if start is not None and h.covers(start)}
        if len(holders) == 1 and start is not None:
            yield Holding(holders.pop(), start, end)


def _account(staged: Staged, loaded: Loaded) -> Imported:
    reasons = Counter(dict(staged.duck.execute("select code, count(*) from fault group by 1").fetchall()))
    if loaded.conflicts:
        reasons["event-conflict"] += len(loaded.conflicts)
    return Imported(
        rows=staged.rows,
        new=loaded.new,
        waiting=loaded.waiting,
        duplicates=staged.duplicates + loaded.duplicates,
        refused=reasons.total(),
        reasons=reasons,
        customers={who for (who,) in staged.duck.execute("select distinct customer_id from event").fetchall()},
    )


def _keep(session: Session, faults: Iterator[Fault], path: Path, result: Imported) -> None:
    """Every refused row stays in one place: the first in the quarantine, where each can be retried, the rest in a
    file that can be imported again."""
    for fault in islice(faults, QUARANTINED):
        body = json.dumps(fault.row, ensure_ascii=False).encode("utf-8", "surrogatepass")
        quarantine.keep(session, DOOR, fault.source, body, BadInput(fault.code, fault.detail))
    rest = next(faults, None)
    if rest is None:
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w", encoding="utf-8", errors="surrogatepass") as out:
        for fault in chain([rest], faults):
            told = {"_source": fault.source, "_code": fault.code, "_detail": fault.detail}
            out.write(json.dumps(dict(fault.row) | told, ensure_ascii=False) + "\n")
    result.rejected = path
