"""命令行 `dongke segment …`: conditions, saved segments, lists, why in and why not. `api/cli.py` hangs it in."""

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from dongke.errors import BadInput

if TYPE_CHECKING:
    from sqlmodel import Session

    from profiles.segments.tree import Tree

app = typer.Typer(help="圈选: 条件, 客群, 名单, 为什么在或不在。", no_args_is_help=True)

What = Annotated[
    str, typer.Argument(help="客群编号; 或条件的一句话, 例如 '闲置资金不低于20万元, 且没有逾期商机'; 或条件树 JSON")
]
Suggests = Annotated[
    str | None, typer.Option("--suggest", help="名单要推荐的产品代码, permission:权限代码, 或 R1–R5: 附适当性")
]


@app.command("list")
def list_command() -> None:
    """列出保存的客群。"""
    from rich import box
    from rich.table import Table

    from api.commands import prepare_database
    from api.printing import console
    from dongke.db import session_scope
    from profiles.segments.saved import segments_of, sentence_of

    prepare_database()
    with session_scope() as session:
        rows = segments_of(session)
        if not rows:
            typer.echo("还没有保存的客群")
            return
        table = Table("编号", "名称", "版本", "建立人", "条件", box=box.SIMPLE_HEAD)
        for row in rows:
            table.add_row(row.id, row.name, str(row.version), row.owner, sentence_of(row))
        console().print(table)


@app.command("preview")
def preview(
    what: What,
    limit: Annotated[int, typer.Option(min=0, max=200, help="列出最前面的几位")] = 10,
    suggests: Suggests = None,
) -> None:
    """多少客户符合, 最前面的几位和入选原因。"""
    from api.commands import prepare_database
    from api.printing import console
    from dongke.db import session_scope
    from profiles.segments import lists
    from profiles.segments.sentence import to_sentence

    prepare_database()
    with session_scope() as session:
        tree, told = _tree(session, what), lists.suggestion(suggests)
        asked = _settled(session)
        count = lists.count(session, _house(), tree, asked, told)
        found = lists.members(session, _house(), tree, asked, limit=limit, suggests=told)
    typer.echo(f"{to_sentence(tree)}\n共 {count} 位客户" + (f", 列出 {len(found)} 位" if found else ""))
    if found:
        console().print(_members_table(found))


@app.command("export")
def export(
    what: What,
    output: Annotated[Path | None, typer.Option("--output", "-o", help="写到文件; 不给则写到标准输出")] = None,
    suggests: Suggests = None,
) -> None:
    """名单写成 CSV (单元格不会被当作公式)。"""
    from api.commands import prepare_database
    from dongke import audit
    from dongke.db import session_scope
    from profiles.segments import lists
    from profiles.segments.sentence import to_sentence

    prepare_database()
    with session_scope() as session:
        tree, told = _tree(session, what), lists.suggestion(suggests)
        found = lists.members(session, _house(), tree, _settled(session), limit=None, suggests=told)
        audit.record(session, "cli", "segment.export", "", sentence=to_sentence(tree), count=len(found))
    text = lists.to_csv(found, suggests=told is not None)
    if output is None:
        typer.echo(text, nl=False)
        return
    output.write_bytes(text.encode("utf-8-sig"))
    typer.echo(f"{len(found)} 位客户写到 {output}", err=True)


@app.command("explain")
def explain(what: What, customer: Annotated[str, typer.Argument(help="客户号")]) -> None:
    """这位客户为什么在, 为什么不在: 逐个条件。"""
    from api.commands import prepare_database
    from dongke import audit
    from dongke.db import session_scope
    from profiles.segments import lists

    prepare_database()
    with session_scope() as session:
        head, finding = lists.why(session, _house(), _tree(session, what), customer, _settled(session))
        audit.record(session, "cli", "segment.explain", head, sentence=finding.sentence)
    merged = "" if head == customer else f" (客户 {customer} 已并入 {head})"
    typer.echo(f"{head} {'符合' if finding.is_met else '不符合'}: {finding.sentence}{merged}")
    _print_finding(finding.to_json(), 0)


@app.command("settle")
def settle_command(
    everybody: Annotated[
        bool, typer.Option("--all", help="全部重来: 改了画像参数, 圈选词表, 跟进规则或交易日历之后")
    ] = False,
) -> None:
    """整理圈选数据, 并记下各客群的进出。平时由定时任务做, 大批导入之后可以自己先做。"""
    from api.bars import progress
    from api.commands import prepare_database
    from dongke.clock import now
    from dongke.db import session_scope
    from followup.segment_source import follow_states
    from profiles.segments import saved, view

    prepare_database()
    if everybody:
        with session_scope() as session:
            view.mark_all(session)
    done = 0
    with progress("segments") as bar:
        with session_scope() as session:
            task = bar.add_task("整理圈选数据", total=view.waiting(session, now()))
        while True:
            with session_scope() as session:
                part = view.settle(session, follow_states, chunks=1)
            done += part
            bar.update(task, advance=part)
            if not part:
                break
    with session_scope() as session:
        changes = saved.settle_all(session, follow_states)
    typer.echo(f"整理了 {done} 位客户, 客群进出 {changes} 人次")


def _tree(session: "Session", what: str) -> "Tree":
    """A saved segment's condition, or the one that is given."""
    from profiles.segments.models import Segment
    from profiles.segments.reading import from_sentence
    from profiles.segments.saved import tree_of
    from profiles.segments.tree import from_json

    if what.lstrip().startswith("{"):
        try:
            return from_json(json.loads(what))
        except ValueError:
            raise BadInput("json-invalid", "条件树不是 JSON") from None
    known = session.get(Segment, what)
    return tree_of(known) if known is not None else from_sentence(what)


def _settled(session: "Session") -> Any:
    from followup.segment_source import follow_states
    from profiles.segments import lists

    return lists.settled(session, follow_states)


def _house() -> Any:
    """The command line is used by those who run the house: it reads all customers."""
    from dongke.scope import Principal, Role

    return Principal("cli", Role.ADMIN)


def _members_table(found: Any) -> Any:
    from rich import box
    from rich.table import Table

    suggests = any(m.offer for m in found)
    table = Table("客户", "姓名", "投顾", *(["适当性"] if suggests else []), "入选原因", box=box.SIMPLE_HEAD)
    for m in found:
        offer = [("可推荐" if m.offer["status"] == "allowed" else "不可推荐: " + m.offer["text"])] if suggests else []
        table.add_row(m.customer_id, m.name, m.advisor_name, *offer, m.because)
    return table


def _print_finding(row: dict[str, Any], depth: int) -> None:
    mark = "✓" if row["is_met"] else "✗"
    if row["op"] == "leaf":
        typer.echo(f"{'  ' * depth}{mark} {row['sentence']}: {row['actual']}")
        return
    if depth:
        typer.echo(f"{'  ' * depth}{mark} {row['sentence']}")
    for part in row["parts"]:
        _print_finding(part, depth + 1)
