"""命令行 `dongke insight …`: the morning list, digging, service strategy, attribution. `api/cli.py` hangs it in."""

from collections.abc import Callable
from datetime import date, datetime
from typing import TYPE_CHECKING, Annotated, Any

import typer

from dongke.errors import BadInput

if TYPE_CHECKING:
    from sqlmodel import Session

    from dongke.scope import Principal

app = typer.Typer(help="洞察: 早间清单, 外部资产深挖, 服务策略执行, 业绩归因。", no_args_is_help=True)

Start = Annotated[str | None, typer.Option("--start", help="开始日期; 默认 30 天前")]
End = Annotated[str | None, typer.Option("--end", help="结束日期 (含); 默认今天")]
Advisor = Annotated[str | None, typer.Option("--advisor", help="只看这位投资顾问")]
Branch = Annotated[str | None, typer.Option("--branch", help="只看这个营业部")]
MAX_DAYS = 3 * 366


@app.command()
def morning(
    advisor: Annotated[str, typer.Argument(help="投资顾问编号")],
    at: Annotated[str | None, typer.Option("--at", help="ISO 时间; 默认现在")] = None,
    blocked: Annotated[bool, typer.Option("--blocked", help="也列出不在清单里的和原因")] = False,
) -> None:
    """早间清单: 今天先联系哪十位, 每个因子和理由。"""
    from api import insight

    moment = _moment(at)
    found = _run("morning.read", lambda s, p: insight.morning_json(s, p, advisor, moment, blocked=blocked))
    typer.echo(f"{found['advisor_name']} 的早间清单 {found['at']:%Y-%m-%d %H:%M}")
    for number, item in enumerate(found["items"], 1):
        typer.echo(f"{number}. {_who(item)} {item['label']}, {item['score']:g} 分, 联系时间: {item['when']}")
        for f in item["factors"]:
            typer.echo(f"   {f['label']} {f['value']:g}: {f['reason']}")
        if item["also"]:
            typer.echo(f"   一并可谈: {'、'.join(one['label'] for one in item['also'])}")
    if not found["items"]:
        typer.echo("没有要联系的")
    typer.echo(f"后面还有 {found['waiting']} 位, 不在清单里的 {found['blocked_count']} 条")
    for row in found["blocked"] or ():
        typer.echo(f"- {_who(row)} {row['label'] or ''}: {row['reason']}")


@app.command()
def digging(
    advisor: Advisor = None,
    branch: Branch = None,
    untouched: Annotated[bool, typer.Option("--untouched", help="已知未动的钱, 快到期的在前")] = False,
    within: Annotated[int | None, typer.Option(min=0, max=1000, help="只要这么多个交易日内到期的")] = None,
    start: Start = None,
    end: End = None,
) -> None:
    """外部资产深挖: 各顾问每次触达新登几级; 或已知未动的钱。"""
    from api import insight
    from api.labels import beside
    from followup.people import Scope

    scope = Scope(advisor, branch)
    if untouched:
        found = _run(
            "digging.read",
            lambda s, p: insight.untouched_list(s, p, scope, within=within, undated=within is None, limit=200),
        )
        typer.echo(f"已知未动 {found['count']} 笔, {found['total']['text']}")
        for row in found["items"]:
            typer.echo(f"- {_who(row)} ({row['advisor_name']}): {row['text']}; “{row['quote']}”{beside(row['demo'])}")
        return
    first, last = insight.days(_day(start), _day(end), MAX_DAYS)
    found = _run("report.read", lambda s, p: insight.dig_scores(s, p, scope, first, last))
    rows = [
        (
            row["advisor_name"] or row["advisor_id"], row["contacts"], row["rungs"], row["asked"],
            _shown(row["per_contact"]), row["discovered"]["text"], row["untouched"]["text"],
            f"{row['converted']['yuan']:,.0f}",
        )
        for row in found["advisors"]
    ]  # fmt: skip
    _print(f"外部资产深挖 {first} 至 {last}", "投资顾问 触达 新登级数 问出来的 每次触达 新发现 已知未动 转入(元)", rows)


@app.command()
def adherence(
    conversation: Annotated[str | None, typer.Argument(help="会话编号; 不给则按顾问汇总")] = None,
    advisor: Advisor = None,
    branch: Branch = None,
    start: Start = None,
    end: End = None,
) -> None:
    """服务策略执行: 一次会话的评分和每处扣分的原话, 或各顾问的汇总。"""
    from api import insight
    from api.labels import beside
    from followup.people import Scope

    if conversation:
        judged = _run("adherence.read", lambda s, p: insight.adherence_json(s, p, conversation))
        score = "不评分" if judged["score"] is None else f"{judged['score']:g} 分"
        typer.echo(f"会话 {conversation}: {judged['level_label']}, {score} {judged['reason']}".rstrip())
        for d in judged["deductions"]:
            typer.echo(f"- {d['points']:g} {d['label']}: {d['why']}")
            for q in d["quotes"]:
                typer.echo(f"    第 {q['utterance'] + 1} 句: {q['quote']}{beside(judged['demo'])}")
        return
    first, last = insight.days(_day(start), _day(end), 92)
    found = _run("report.read", lambda s, p: insight.adherence_list(s, p, Scope(advisor, branch), first, last))
    rows = [
        (
            row["advisor_name"] or row["advisor_id"], row["novice"]["n"], _shown(row["novice"]["mean_score"]),
            row["experienced"]["n"], _shown(row["experienced"]["mean_score"]), len(row["unscored"]),
            "; ".join(f"{m['conversation_id']} {m['label']}" for m in row["moments"]),
        )
        for row in found["advisors"]
    ]  # fmt: skip
    _print(f"服务策略执行 {first} 至 {last}", "投资顾问 小白会话 平均分 有经验会话 平均分 未评分 值得听", rows)


@app.command()
def attribution(
    by: Annotated[str, typer.Option("--by", help="advisor, channel 或 tag")] = "advisor",
    outcome: Annotated[str, typer.Option("--outcome", help="net_assets 或 permissions")] = "net_assets",
    window: Annotated[int, typer.Option("--window", min=1, max=365, help="结果之前多少天内的触达算数")] = 60,
    advisor: Advisor = None,
    branch: Branch = None,
    start: Start = None,
    end: End = None,
) -> None:
    """业绩归因: 四个模型并列; 有随机对照的给增量, 没有的是相关, 非因果。"""
    from api import insight
    from followup.people import Scope

    first, last = insight.days(_day(start), _day(end), MAX_DAYS)
    found = _run(
        "report.read",
        lambda s, p: insight.attribution_json(
            s, p, Scope(advisor, branch), first, last, outcome=outcome, dimension=by, window_days=window
        ),
    )
    rows = [(r["label"], *(f"{r['credit'][m]:,.2f}" for m in found["models"])) for r in found["lines"]]
    title = f"业绩归因 {first} 至 {last}: {found['outcome_label']} 合计 {found['total']:,.2f}"
    _print(title, " ".join(("行", *found["models"].values())), rows)
    typer.echo(found["notice"])


@app.command()
def lifecycle(
    advisor: Advisor = None,
    branch: Branch = None,
    start: Start = None,
    end: End = None,
    known_at: Annotated[str | None, typer.Option("--known-at", help="ISO 时间: 按那一刻已知的; 默认现在")] = None,
) -> None:
    """生命周期流转: 各营业部的客户从哪一阶段到了哪一阶段。"""
    from api.lifecycle import lost_share, transitions
    from followup.people import Scope

    first, last, moment = _day(start), _day(end), _moment(known_at, "--known-at")
    scope = Scope(advisor, branch)
    found = _run("report.read", lambda s, p: transitions(s, p, scope, first, last, moment, most=None))
    for one in (*found["branches"], found["total"]):
        cells = {(c["before"], c["after"]): c["customers"] for c in one["cells"]}
        rows = [(a, *(cells.get((a, b), 0) or "·" for b in found["stages"])) for a in found["stages"]]
        name = one.get("name", "合计")
        title = f"{name} {found['start']} → {found['end']}: {one['customers']} 位客户, 活跃中流失 {lost_share(one)}"
        _print(title, " ".join(("从", *found["stages"])), rows)


def _run(action: str, work: "Callable[[Session, Principal], Any]") -> Any:
    """The command line is used by those who run the house: it reads all customers, and is audited."""
    from api.commands import prepare_database
    from dongke import audit
    from dongke.db import session_scope
    from dongke.scope import Principal, Role

    prepare_database()
    with session_scope() as session:
        found = work(session, Principal("cli", Role.ADMIN))
        audit.record(session, "cli", action, "insight")
    return found


def _print(title: str, headings: str, rows: list[tuple[Any, ...]]) -> None:
    from rich import box
    from rich.table import Table

    from api.printing import console

    table: Table = Table(*headings.split(), title=title, title_justify="left", box=box.SIMPLE_HEAD)
    for row in rows:
        table.add_row(*(str(cell) for cell in row))
    console().print(table)


def _who(row: dict[str, Any]) -> str:
    return f"{row['customer_name']} ({row['customer_id']})" if row["customer_name"] else str(row["customer_id"])


def _shown(number: float | None) -> str:
    return "–" if number is None else f"{number:g}"


def _day(text: str | None) -> date | None:
    try:
        return date.fromisoformat(text) if text else None
    except ValueError:
        raise BadInput("date-invalid", f"不是日期: {text} (要 2026-06-30 这样)") from None


def _moment(text: str | None, name: str = "--at") -> datetime | None:
    from dongke.types import aware

    return aware(text, name) if text else None
