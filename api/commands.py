"""What the larger commands do; `api/cli.py` only reads their arguments."""

import json
import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from api import evaluations, logs
from dongke import db
from dongke.clock import now
from dongke.errors import BadInput, NotReady
from dongke.settings import settings

if TYPE_CHECKING:
    from followup.reports import Report


def upgrade(url: str) -> None:
    """Brings the tables and the job queue to the newest schema; told again it changes nothing."""
    from api.worker import apply_queue_schema

    db.migrate(url)
    apply_queue_schema(url)


def prepare_database() -> str:
    """The URL of a database that is ready. The embedded one is upgraded on the way, any other only checked.

    Raises NotReady `schema-old` where `dongke db upgrade` has not been run.
    """
    logs.configure(settings().log_level)
    url = db.database_url()
    if settings().database_url is None:
        upgrade(url)
    elif not db.is_current(url):
        raise NotReady("schema-old", "数据库结构不是最新, 请先运行 dongke db upgrade")
    return url


def check_address() -> None:
    """Raises NotReady `address-taken` where the API cannot listen on its host and port."""
    import socket

    host, port = settings().host, settings().port
    try:
        kind, _, _, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        with socket.socket(kind, socket.SOCK_STREAM) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(address)
    except (OSError, OverflowError):
        raise NotReady("address-taken", f"{host}:{port} 不能监听, 多半已被占用: 请换一个 DONGKE_PORT") from None


def serve_api() -> None:
    """Serves API and pages until it is interrupted."""
    import uvicorn

    settings().signing_key()
    check_address()
    prepare_database()
    uvicorn.run(
        "api.app:served_app",
        factory=True,
        host=settings().host,
        port=settings().port,
        workers=settings().api_processes,
        log_level=settings().log_level.lower(),
        server_header=False,
        timeout_graceful_shutdown=2,  # streams of open pages have no end of their own
    )


def evaluate_files(paths: list[Path], errors: int) -> Iterator[str]:
    """One table a file, and one for all of them where there are several; then the errors, if wanted."""
    from nlp import annotated, diagnosis
    from nlp.evaluation import score, table

    everything: tuple[dict[str, Any], dict[str, Any]] = ({}, {})
    faults: list[diagnosis.Fault] = []
    for path in paths:
        rows = annotated.read(path) if path.suffix == ".txt" else list(_rows(path))
        gold = {row["id"]: row for row in rows}
        found = {ident: _tagged(row) for ident, row in gold.items()}
        yield f"{path.name}\n{table(score(gold, found)[0])}"
        if errors:
            faults += [fault for row in rows for fault in diagnosis.faults(row)]
        for kept, more in zip(everything, (gold, found), strict=True):
            kept.update({f"{path.name}:{ident}": row for ident, row in more.items()})
    total = score(*everything)[0]
    if len(paths) > 1:
        yield f"合计\n{table(total)}"
    evaluations.keep(settings().data_dir, _evaluation(paths, everything[0], total))
    yield from diagnosis.report(faults, errors)


def _evaluation(paths: list[Path], gold: dict[str, Any], result: dict[str, Any]) -> dict[str, Any]:
    """The figures that the system page shows."""
    from nlp.pipeline import engine_version

    return {
        "files": [path.name for path in paths],
        "at": now().isoformat(),
        "reader": engine_version(),
        "match": result["tags"]["ALL"]["f1"],
        "strict": result["tags"]["ALL"]["strict_f1"],
        "conversations": len(gold),
    }


def replay_file(path: Path, until: datetime | None) -> dict[str, Any]:
    """Runs a story (docs/stories.md) in a private database that is gone afterwards."""
    from sqlmodel import Session

    from followup.replay import replay
    from nlp.pipeline import read

    rows = list(_rows(path))
    with _private_database() as url:
        engine = db.make_engine(url)
        try:
            with Session(engine, expire_on_commit=False) as session:
                return replay(session, rows, until, read)
        finally:
            engine.dispose()


def write_report(start: date, end: date, form: str, output: Path | None, **asked: Any) -> None:
    """The follow-up report of the days `start` to `end` (both in) for the whole firm. `asked`: group, advisor, branch,
    as_of. Raises BadInput `format-unknown`, `output-missing`, `date-invalid`, and what the report raises."""
    from api.printing import console, report_table
    from followup.reports import follow_up, span

    if form not in ("table", "json", "csv", "xlsx", "pdf"):
        raise BadInput("format-unknown", f"不认识格式 {form}: 要 table, json, csv, xlsx 或 pdf")
    if form in ("xlsx", "pdf") and output is None:
        raise BadInput("output-missing", f"{form} 需要 --output 文件名")
    if end < start:
        raise BadInput("date-invalid", f"结束日期 {end} 早于开始日期 {start}")
    begin, finish = span(start, end)
    prepare_database()
    with db.session_scope() as session:
        report = follow_up(session, None, start=begin, end=finish, marked=form == "xlsx", **asked)
    if form == "table":
        console().print(report_table(report))
    elif output is not None:
        _write_report(report, form, output)
    else:
        print(_report_text(report, form))  # noqa: T201


def _write_report(report: "Report", form: str, output: Path) -> None:
    if form == "xlsx":
        report.to_xlsx(output)
    elif form == "pdf":
        output.write_bytes(report.to_pdf())
    else:
        output.write_text(_report_text(report, form), encoding="utf-8-sig" if form == "csv" else "utf-8")


def _report_text(report: "Report", form: str) -> str:
    return report.to_csv() if form == "csv" else json.dumps(report.to_json(), ensure_ascii=False, indent=1)


@contextmanager
def _private_database() -> Iterator[str]:
    """A database of this process alone, copied from a migrated template on an embedded server of its own."""
    import psycopg
    from psycopg import sql

    template = f"template_{db.head_revision()}"
    server = db.embedded_url(settings().data_dir / "replay-postgres", "postgres")
    name = f"replay_{os.getpid()}_{secrets.token_hex(4)}"
    admin = db.libpq_url(server)
    with psycopg.connect(admin, autocommit=True) as connection:
        connection.execute("select pg_advisory_lock(7001)")  # one process makes the template
        known = connection.execute("select 1 from pg_database where datname = %s", (template,)).fetchone()
        if known is None:
            building = f"building_{os.getpid()}"
            db.migrate(db.embedded_url(settings().data_dir / "replay-postgres", building))
            connection.execute(
                sql.SQL("alter database {} rename to {}").format(sql.Identifier(building), sql.Identifier(template))
            )
        connection.execute(
            sql.SQL("create database {} template {}").format(sql.Identifier(name), sql.Identifier(template))
        )
        connection.execute("select pg_advisory_unlock(7001)")
    try:
        yield server.replace("/postgres?", f"/{name}?", 1)
    finally:
        with psycopg.connect(admin, autocommit=True) as connection:
            connection.execute(sql.SQL("drop database {} with (force)").format(sql.Identifier(name)))


def _tagged(row: dict[str, Any]) -> dict[str, Any]:
    from dongke.types import Conversation
    from nlp.pipeline import analyze

    tags = analyze(Conversation.from_json(row))
    return {"id": row["id"], "tags": [t.to_json() for t in tags]}


def _rows(path: Path) -> Iterator[dict[str, Any]]:
    try:
        lines = path.read_text(encoding="utf-8-sig").splitlines()
    except (OSError, UnicodeDecodeError) as fault:
        raise BadInput("file-unreadable", f"读不了 {path}: {fault}") from None
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        try:
            row = json.loads(line)
        except ValueError:
            raise BadInput("json-invalid", f"{path} 第 {number} 行不是 JSON") from None
        if not isinstance(row, dict):
            raise BadInput("line-invalid", f"{path} 第 {number} 行不是 JSON 对象")
        yield row
