"""命令行 `dongke playbook …` and `dongke promise …`: check and try rules on the past; what became of promises."""

import json
from datetime import date, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from dongke.errors import BadInput

if TYPE_CHECKING:
    from datetime import datetime

    from rich.table import Table

    from followup.trial import Compared
    from followup.trial_run import Trial

app = typer.Typer(help="跟进规则: 列出, 检查, 在过去的数据上试运行。", no_args_is_help=True)
promises = typer.Typer(help="承诺: 按投顾的兑现情况, 一位客户的承诺。", no_args_is_help=True)

From = Annotated[str | None, typer.Option("--from", help="开始日期, 含; 默认 30 天前")]
To = Annotated[str | None, typer.Option("--to", help="结束日期, 含; 默认今天")]
AsJson = Annotated[bool, typer.Option("--json", help="写出 JSON")]
TIME = "%m-%d %H:%M"
LADDER = {"advisor": "投顾", "branch": "营业部", "firm": "公司"}


@app.command("list")
def list_command() -> None:
    """列出运行中的跟进规则。"""
    from api.printing import console
    from dongke.settings import settings
    from followup.playbooks import load

    table = _table("编号", "名称", "版本", "打开", "期限", "升级 (逾期后交易日)")
    for book in load(settings().playbooks_dir):
        steps = ", ".join(f"{LADDER[s.to]} +{s.after_days}" for s in book.escalate)
        opens = ", ".join(dict.fromkeys((*(o.tag for o in book.opens), *(o.event for o in book.opens_on))))
        table.add_row(book.id, book.label, book.version, opens, book.due.text, steps)
    console().print(table)


@app.command("schema")
def schema_command() -> None:
    """规则文件的 JSON Schema, 给编辑器用。"""
    from followup.playbooks import schema

    typer.echo(json.dumps(schema(), ensure_ascii=False, indent=1))


@app.command("lint")
def lint(path: Annotated[Path, typer.Argument(help="一个规则文件, 或一个文件夹")]) -> None:
    """检查规则文件: 每一处问题的文件、行和原因。有错退出 1。"""
    from dongke.settings import settings
    from followup.playbook_lint import lint_path
    from followup.playbooks import load

    found = lint_path(path, load(settings().playbooks_dir))
    for f in found:
        level = "错误" if f.is_error else "提醒"
        typer.echo(f"{f.file}:{f.line}: {level}: {f.place + ': ' if f.place else ''}{f.text}")
    wrong = sum(f.is_error for f in found)
    typer.echo(f"{wrong} 处错误, {len(found) - wrong} 处提醒" if found else "没有问题", err=True)
    raise typer.Exit(1 if wrong else 0)


@app.command("dryrun")
def dryrun(
    path: Annotated[Path, typer.Argument(help="要试的规则文件, 或一个文件夹")],
    first: From = None,
    last: To = None,
    as_json: AsJson = False,
    everything: Annotated[bool, typer.Option("--all", help="没有变化的也列出")] = False,
) -> None:
    """试运行: 这些规则在过去的数据上会为谁开什么, 和运行中的版本差在哪里。什么都不改。"""
    from api.bars import progress
    from api.commands import prepare_database
    from api.printing import console
    from dongke.db import session_scope
    from followup import playbook_lint, trial_run
    from followup.playbook_files import read

    texts = playbook_lint.texts_of(path)
    books = [read(text, name) for name, text in texts.items()]
    playbook_lint.refuse_errors(texts)
    start, end = _period(first, last)
    prepare_database()
    with session_scope() as session, progress("dry-run") as bar:
        task = bar.add_task("试运行", total=None)

        def step(done: int, total: int) -> None:
            bar.update(task, completed=done, total=total)

        found = trial_run.dry_run(session, None, books, start=start, end=end, step=step)
    if as_json:
        typer.echo(json.dumps(found.to_json(), ensure_ascii=False, indent=1))
        return
    typer.echo(_heading(found))
    shown = [one for one in found.found if one.changes or everything]
    if shown:
        console().print(_trial_table(found, shown))


def _heading(found: "Trial") -> str:
    from dongke.clock import beijing
    from followup.trial import LABELS, summary

    counts = summary(found.found)
    changes = ", ".join(f"{label} {counts[change.value]}" for change, label in LABELS.items() if counts[change.value])
    days = f"{beijing(found.start).date()} 至 {beijing(found.end).date() - timedelta(days=1)}"
    books = ", ".join(f"{b.label} {b.version}" for b in found.books)
    totals = f"试的版本开 {counts['tried']} 条, 运行的版本 {counts['running']} 条"
    return f"{books}: {days}, 看了 {found.customers} 位客户。{totals}; {changes or '没有变化'}。什么都没有改。"


def _trial_table(found: "Trial", shown: "list[Compared]") -> "Table":
    from api.labels import beside, key_label, state_label
    from dongke.clock import beijing
    from followup.trial import LABELS

    table = _table("客户", "负责", "规则", "内容", "开启", "期限", "状态", "变化", "原话")
    for one in shown:
        o, old, new = one.any, one.running, one.tried
        due, state = f"{beijing(o.due_at):{TIME}}", state_label(o.state)
        if old and new and old.due_at != new.due_at:
            due = f"{beijing(old.due_at):{TIME}} → {due}"
        if old and new and old.state != new.state:
            state = f"{state_label(old.state)} → {state}"
        changes = ", ".join(LABELS[c] for c in one.changes)
        opened, words = f"{beijing(o.opened_at):{TIME}}", found.words.get(o.id, "") + beside(o.id in found.demo)
        key = key_label(o.playbook, o.key) or ""
        table.add_row(
            o.customer, o.owner, o.playbook, key, opened, due, state + (" 逾期" if o.overdue else ""), changes, words
        )
    return table


@promises.command("table")
def promise_table(first: From = None, last: To = None, as_json: AsJson = False) -> None:
    """这段时间里作出的承诺, 按投顾: 按时, 迟到, 未兑现, 自报。"""
    from api.commands import prepare_database
    from api.printing import console
    from dongke.db import session_scope
    from followup import promise_lists

    prepare_database()
    with session_scope() as session:
        lines = promise_lists.table(session, None, *_period(first, last))
    if as_json:
        typer.echo(json.dumps(lines, ensure_ascii=False, indent=1))
        return
    table = _table("投顾", "按时", "迟到", "未兑现", "未兑现率%", "自报", "免除", "未到期", "没有日期")
    for who, line in lines.items():
        rate = "" if line["broken_rate"] is None else f"{100 * line['broken_rate']:.0f}"
        counts = [str(line[name]) for name in ("kept", "late", "broken")]
        rest = [str(line[name]) for name in ("reported", "released", "open", "undated")]
        table.add_row(who, *counts, rate, *rest)
    console().print(table)


@promises.command("show")
def promise_show(
    customer: Annotated[str, typer.Argument(help="客户号")],
    as_of: Annotated[str | None, typer.Option("--as-of", help="ISO 时间: 到那一刻为止发生的")] = None,
    known_at: Annotated[str | None, typer.Option("--known-at", help="ISO 时间: 那一刻懂客知道的")] = None,
) -> None:
    """一位客户的承诺: 谁, 什么时候作出, 何时到期, 凭什么算兑现。"""
    from api.commands import prepare_database
    from api.printing import console
    from dongke import audit
    from dongke.clock import beijing
    from dongke.db import session_scope
    from dongke.types import aware
    from followup import promise_lists
    from profiles.labels import label

    until, known = (aware(text, "时间") if text else None for text in (as_of, known_at))
    prepare_database()
    with session_scope() as session:
        track = promise_lists.track_of(session, customer, until, known)
        audit.record(session, "cli", "follow-up.read", track.customer, as_of=as_of, known_at=known_at)
    table = _table("作出", "负责", "承诺", "到期", "兑现", "兑现时间", "依据")
    for p in track.promises:
        due, done = (f"{beijing(t):{TIME}}" if t else "" for t in (p.due_at, p.done_at))
        proof = (p.proof.conversation or p.proof.event or "") if p.proof else ""
        kind = label("promise_action", p.kind)
        table.add_row(f"{beijing(p.made_at):{TIME}}", p.advisor, kind, due, p.label, done, proof)
    console().print(table)


def _table(*headings: str) -> "Table":
    from rich import box
    from rich.table import Table

    return Table(*headings, box=box.SIMPLE_HEAD)


def _period(first: str | None, last: str | None) -> tuple["datetime", "datetime"]:
    from datetime import time

    from dongke.clock import at_beijing, beijing, now

    end = _day(last) if last else beijing(now()).date()
    start = _day(first) if first else end - timedelta(days=30)
    return at_beijing(start, time.min), at_beijing(end + timedelta(days=1), time.min)


def _day(text: Any) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise BadInput("date-invalid", f"不是日期: {text} (要 2026-06-30 这样)") from None
