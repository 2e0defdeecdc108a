"""命令行: `dongke …`. Every command imports what it needs when it runs, so that `--help` stays instant.

Exit codes: 0 all went well; 1 some of it failed and is listed; 2 the input or the call cannot be used (one line).
"""

import json
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, timedelta
from pathlib import Path
from typing import IO, Annotated, Any, cast, get_args

import typer

from api.cli_db import app as db_app
from api.cli_evidence import app as evidence_app
from api.cli_export import app as transcribe_app
from api.cli_identity import app as identity_app
from api.cli_import import app as import_app
from api.cli_insight import app as insight_app
from api.cli_playbooks import app as playbooks_app
from api.cli_playbooks import promises as promises_app
from api.cli_recordings import app as recordings_app
from api.cli_reports import app as reports_app
from api.cli_rights import app as rights_app
from api.cli_segments import app as segments_app
from api.cli_speech import asr_eval
from api.cli_tags import app as tags_app
from api.cli_webhooks import app as webhooks_app
from dongke.errors import BadInput, DongkeError

app = typer.Typer(
    help="懂客: 听懂客户说的话, 记成有原话依据的标签, 盯住每一个商机。",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)
app.add_typer(db_app, name="db")
app.add_typer(transcribe_app, name="transcribe")
app.add_typer(rights_app, name="rights")
app.add_typer(identity_app, name="identity")
app.add_typer(evidence_app, name="evidence")
app.add_typer(import_app, name="import")
app.add_typer(recordings_app, name="recording")
app.add_typer(segments_app, name="segment")
app.add_typer(tags_app, name="tags")
app.add_typer(reports_app, name="reports")
app.add_typer(webhooks_app, name="webhook")
app.add_typer(insight_app, name="insight")
app.add_typer(playbooks_app, name="playbook")
app.add_typer(promises_app, name="promise")

Output = Annotated[Path | None, typer.Option("--output", "-o", help="写到文件; 不给则写到标准输出")]


def main() -> None:
    """Entry point: expected faults become one line on standard error and exit 2."""
    try:
        app()
    except DongkeError as fault:
        typer.echo(f"dongke: {fault.detail} ({fault.code})", err=True)
        sys.exit(2)
    except BrokenPipeError:
        sys.exit(1)
    except OSError as fault:
        typer.echo(f"dongke: 读写不了 {fault.filename or ''}: {fault.strerror or fault} (file-error)", err=True)
        sys.exit(2)
    except Exception as fault:
        if type(fault).__name__ != "OperationalError":
            raise
        typer.echo("dongke: 数据库连不上 (database-unavailable)", err=True)
        sys.exit(2)


@app.command()
def demo(
    once: Annotated[bool, typer.Option("--once", help="打印后结束, 不启动服务")] = False,
) -> None:
    """演示: 用样例跑完全部环节, 打印画像、逾期商机和报表, 然后启动服务。"""
    from api.demo import run_demo

    run_demo(once=once)


@app.command()
def serve() -> None:
    """启动 API 和页面。"""
    from api.commands import serve_api

    _end_in_order()
    serve_api()


@app.command()
def worker() -> None:
    """启动处理队列的进程: 转写, 阅读, 画像, 跟进。"""
    from api.worker import run_worker

    run_worker()


@app.command()
def scheduler() -> None:
    """启动定时任务的进程: 逾期检查, 到期提醒, 夜间报表和归档。"""
    from api.scheduler import run_scheduler

    _end_in_order()
    run_scheduler()


@app.command()
def ingest(
    paths: Annotated[list[Path], typer.Argument(help="文件或文件夹: 会话, 企微消息, 录音清单, 行为事件, 客户表")],
    queue: Annotated[bool, typer.Option("--queue", help="只登记, 由 dongke worker 处理")] = False,
) -> None:
    """接入文件。同一份文件接入两次不会重复; 不能用的留在隔离区, 其余照常。"""
    from api.intake import take_in

    failed = take_in(paths, process=not queue)
    raise typer.Exit(1 if failed else 0)


@transcribe_app.command("file")
def transcribe(
    path: Annotated[Path, typer.Argument(help="一个录音文件, 或带 manifest.csv 的文件夹")],
    output: Output = None,
    form: Annotated[str, typer.Option("--format", help="json, vtt, srt, txt")] = "txt",
) -> None:
    """转写: 一个文件直接打印文字稿; 一个文件夹按清单登记并转写入库。"""
    from api import intake

    if path.is_dir():
        raise typer.Exit(1 if intake.take_in([path], process=True) else 0)
    with _writer(output) as out:
        out.write(intake.transcribe_file(path, form))


@app.command()
def tag(
    source: Annotated[str, typer.Argument(help="会话 JSONL, 或 - 读标准输入")],
    output: Output = None,
    explain: Annotated[bool, typer.Option("--explain", help="附上置信度, 原话位置和理由")] = False,
) -> None:
    """给会话打标签: 每行一个会话, 每行一个结果。不用数据库, 不联网。"""
    from dongke.types import Conversation
    from nlp.pipeline import analyze

    def line(row: Any) -> dict[str, Any]:
        conversation = Conversation.from_json(row)
        return {"id": conversation.id, "tags": [t.to_json(explain=explain) for t in analyze(conversation)]}

    _each_line(source, output, line)


@app.command()
def parse(
    kind: Annotated[str, typer.Argument(help="amounts, windows 或 dates")],
    source: Annotated[str, typer.Argument(help="JSONL: id, text, reference; 或 - 读标准输入")],
    output: Output = None,
) -> None:
    """读出金额, 联系时间或日期。"""
    from dongke.clock import now
    from dongke.types import aware
    from nlp.parse import Kind
    from nlp.parse import parse as read_values

    if kind not in get_args(Kind):
        raise BadInput("kind-unknown", f"不认识 {kind}: 要 amounts, windows 或 dates")

    def line(row: Any) -> dict[str, Any]:
        if not isinstance(row, dict) or not isinstance(row.get("text"), str) or "id" not in row:
            raise BadInput("line-invalid", "要有 id 和 text")
        reference = aware(row["reference"], "reference") if row.get("reference") else now()
        return {"id": row["id"], "found": read_values(cast(Kind, kind), row["text"], reference)}

    _each_line(source, output, line)


@app.command("eval")
def evaluate(
    gold: Annotated[list[Path], typer.Argument(help="带标准答案的会话 JSONL")],
    errors: Annotated[int, typer.Option("--errors", help="列出错误, 按原因和标签分组, 每组最多 N 个")] = 0,
) -> None:
    """评测: 逐标签的准确率, 召回率和 F1, 每个文件一张表, 最后合计。"""
    from api.commands import evaluate_files

    for text in evaluate_files(gold, errors):
        typer.echo(text)


app.command("asr-eval")(asr_eval)


@app.command()
def replay(
    story: Annotated[Path, typer.Argument(help="故事 JSONL (docs/stories.md)")],
    output: Annotated[Path, typer.Option("--output", "-o")],
    until: Annotated[str | None, typer.Option("--until", help="ISO 时间; 默认故事的最后一刻")] = None,
) -> None:
    """重放: 在临时的私有数据库里走完全部环节, 写出到那一刻的商机, 画像和报表。"""
    from api.commands import replay_file
    from dongke.types import aware

    result = replay_file(story, aware(until, "--until") if until else None)
    output.write_text(json.dumps(result, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
    for fault in result.get("faults", ()):
        typer.echo(f"dongke: 第 {fault['line']} 行: {fault['detail']} ({fault['code']})", err=True)


@app.command()
def report(
    start: Annotated[str | None, typer.Option(help="开始日期; 默认 30 天前")] = None,
    end: Annotated[str | None, typer.Option(help="结束日期 (含); 默认今天")] = None,
    period: Annotated[str | None, typer.Option(help="day, week 或 month: --end 所在的那一个")] = None,
    group: Annotated[str, typer.Option(help="advisor, branch, firm 或 playbook")] = "advisor",
    advisor: Annotated[str | None, typer.Option(help="只要这位投顾")] = None,
    branch: Annotated[str | None, typer.Option(help="只要这个营业部")] = None,
    as_of: Annotated[str | None, typer.Option(help="ISO 时间: 那一刻看到的")] = None,
    form: Annotated[str, typer.Option("--format", help="table, json, csv, xlsx, pdf")] = "table",
    output: Output = None,
) -> None:
    """跟进报表。"""
    from api.commands import write_report
    from dongke.clock import beijing, now
    from dongke.types import aware
    from followup.reports.question import period as days_of

    last = _day(end) if end else beijing(now()).date()
    first = _day(start) if start else last - timedelta(days=30)
    if period is not None:
        first, last = days_of(period, last)
    moment = aware(as_of, "--as-of") if as_of else None
    write_report(first, last, form, output, group=group, advisor=advisor, branch=branch, as_of=moment)


def _end_in_order() -> None:
    """SIGTERM ends the process as Ctrl-C does, so that the last one stops the embedded database on its way out; and
    SIGINT does where a shell ignored it."""
    for kind in (signal.SIGINT, signal.SIGTERM):
        signal.signal(kind, signal.default_int_handler)


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise BadInput("date-invalid", f"不是日期: {text} (要 2026-06-30 这样)") from None


def _each_line(source: str, output: Path | None, work: Any) -> None:
    """Applies `work` to each JSON line. A bad line is reported with its number, the rest goes on, exit 2 at the end."""
    bad = 0
    with _reader(source) as lines, _writer(output) as out:
        for number, raw in enumerate(lines, 1):
            if not raw.strip():
                continue
            try:
                result = work(_json(raw))
            except DongkeError as fault:
                bad += 1
                typer.echo(f"dongke: 第 {number} 行: {fault.detail} ({fault.code})", err=True)
            else:
                out.write(json.dumps(result, ensure_ascii=False) + "\n")
    if bad:
        raise typer.Exit(2)


def _json(raw: bytes) -> Any:
    try:
        return json.loads(raw.decode("utf-8-sig"))
    except UnicodeDecodeError:
        raise BadInput("encoding", "不是 UTF-8 文字") from None
    except (ValueError, RecursionError):
        raise BadInput("json-invalid", "不是 JSON") from None


@contextmanager
def _reader(source: str) -> Iterator[IO[bytes]]:
    if source == "-":
        yield sys.stdin.buffer
        return
    try:
        opened = open(source, "rb")
    except OSError as fault:
        raise BadInput("file-unreadable", f"打不开 {source}: {fault.strerror}") from None
    with opened:
        yield opened


@contextmanager
def _writer(output: Path | None) -> Iterator[IO[str]]:
    if output is None:
        yield sys.stdout
        return
    try:
        opened = output.open("w", encoding="utf-8")
    except OSError as fault:
        raise BadInput("file-unwritable", f"写不了 {output}: {fault.strerror}") from None
    with opened:
        yield opened


if __name__ == "__main__":
    main()
