"""What people see in a terminal: progress, one customer's profile, overdue opportunities, the report."""

from collections.abc import Sequence
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from rich import box
from rich.console import Console, Group
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

if TYPE_CHECKING:
    from followup.models import StoredOpportunity
    from followup.reports import Report

LINE_WIDTH = 120
QUOTE_CHARS = 24
NOD_CHARS = 4


@lru_cache(maxsize=1)
def console() -> Console:
    """Standard output; where it is no terminal, lines are as wide as a page."""
    made = Console(highlight=False)
    return made if made.is_terminal else Console(highlight=False, width=LINE_WIDTH)


def profile_panel(profile: dict[str, Any], name: str) -> Panel:
    """One customer's profile, as `Profile.to_json` gives it, its words marked (`api.heard`): what matters first, then
    each tag with its words."""
    head = [Text(f"{number}. {line['text']}") for number, line in enumerate(profile["three_lines"], 1)]
    if profile["next_question"]:
        head.append(Text(f"下一个问题: {profile['next_question']['text']}", style="bold"))
    head += [Text(f"⚠ {c['text']}", style="yellow") for c in profile["contradictions"]]
    title = f"{name} {profile['customer']}  {_static_line(profile['static'])}"
    return Panel(Group(*head, Text(), _tag_table(profile["tags"])), title=title, title_align="left")


def overdue_table(rows: "Sequence[StoredOpportunity]", names: dict[str, str], labels: dict[str, str]) -> Table:
    """逾期商机, the longest overdue first."""
    from dongke.clock import beijing

    table = Table(title=f"逾期商机, 还没有谈到 ({len(rows)})", title_justify="left", box=box.SIMPLE_HEAD)
    for heading in ("客户", "投顾", "商机", "内容", "应完成", "状态"):
        table.add_column(heading)
    for row in rows:
        table.add_row(
            f"{names.get(row.customer_id, '')} {row.customer_id}",
            names.get(row.owner_id, row.owner_id),
            labels.get(row.playbook, row.playbook),
            f"{labels.get(f'{row.playbook}:{row.key}', row.key or '')} {_money(row)}".strip(),
            f"{beijing(row.due_at):%m-%d %H:%M}",
            labels.get(str(row.state), str(row.state)),
        )
    return table


#: what fits on a terminal line; the files and the page have every column
_REPORT_COLUMNS = {
    "opened": "商机",
    "touched": "触达",
    "discharged": "谈到",
    "discharged_in_time": "及时",
    "in_time_rate": "及时率%",
    "in_time_interval": "95%区间",
    "won": "成单",
    "refused": "拒绝",
    "overdue": "逾期",
    "call_backs": "守约回电",
    "median_hours": "首触时",
    "yuan_untouched": "未触达万",
}


def report_table(report: "Report") -> Table:
    """跟进报表 as a table: one row an advisor, branch or playbook, and the sum."""
    data = report.to_json()
    table = Table(title=data["title"], title_justify="left", box=box.SIMPLE_HEAD)
    table.add_column(data["columns"][0]["label"], no_wrap=True)
    for heading in _REPORT_COLUMNS.values():
        table.add_column(heading, justify="right", no_wrap=True)
    for row in data["rows"]:
        table.add_row(*_report_cells(row))
    table.add_section()
    table.add_row(*_report_cells(data["total"]), style="bold")
    table.caption = (
        f"样本不足 {data['min_n']} 的率不列; 首触时: 首次触达所用交易小时的中位数; 未触达万: 已知而未触达的万元\n"
        "全部列: dongke report --format xlsx"
    )
    table.caption_justify = "left"
    return table


def _report_cells(row: dict[str, Any]) -> list[str]:
    kept = f"{row['call_backs_kept']}/{row['call_backs']}"
    shown = row | {"yuan_untouched": row["yuan_untouched"] / 10_000, "call_backs": kept}
    return [row["name"], *(_cell(shown[name]) for name in _REPORT_COLUMNS)]


def _tag_table(tags: list[dict[str, Any]]) -> Table:
    table = Table(box=None, padding=(0, 1), show_edge=False)
    for heading in ("标签", "强度", "说于", "状态", "原话依据"):
        table.add_column(heading, style="dim" if heading == "说于" else "", overflow="fold")
    states = {"active": "", "contradicted": "已被改口", "expired": "已过期", "removed": "已更正"}
    for tag in tags:
        table.add_row(
            Text(tag["text"], style="bold" if tag["status"] == "active" else "dim"),
            f"{tag['strength']:.2f}",
            f"{tag['age_days']}天前" if tag["age_days"] else "今天",
            states.get(tag["status"], tag["status"]),
            "\n".join(_quote(e) for e in _telling(tag)),
        )
    return table


def _telling(tag: dict[str, Any]) -> list[dict[str, Any]]:
    """At most two quotes, the longest, of the one who speaks in this tag; of both where he says hardly a word."""
    speaker = "advisor" if tag["tag"] == "commitment.advisor" else "customer"
    own = [e for e in tag["evidence"] if e["speaker"] == speaker]
    told = own if sum(len(e["quote"]) for e in own) > NOD_CHARS else tag["evidence"]
    longest = sorted(told, key=lambda e: -len(e["quote"]))[:2]
    return [e for e in told if e in longest]


def _quote(evidence: dict[str, Any]) -> str:
    from api.labels import beside

    said = evidence["quote"]
    short = said if len(said) <= QUOTE_CHARS else said[:QUOTE_CHARS] + "…"
    return f"“{short}” {_place(evidence)}{beside(evidence['demo'])}"


def _place(evidence: dict[str, Any]) -> str:
    who = "客户" if evidence["speaker"] == "customer" else "投顾"
    start = evidence.get("start_ms")
    clock = f" {start // 60000}:{start // 1000 % 60:02}" if start is not None else ""
    return f"({who}, {evidence['conversation_id']}{clock})"


def _static_line(static: dict[str, Any]) -> str:
    parts = [str(static.get("risk_level") or ""), f"{static['age']}岁" if static.get("age") else ""]
    assets = static.get("assets_yuan")
    parts.append(f"资产{float(assets) / 10000:.0f}万元" if assets else "")
    return " · ".join(part for part in parts if part)


def _money(row: "StoredOpportunity") -> str:
    amount = row.low_yuan or row.high_yuan
    return f"{amount / 10000:g}万元" if amount else ""


def _cell(value: Any) -> str:
    if value is None:
        return "–"
    return f"{value:.1f}".removesuffix(".0") if isinstance(value, float) else str(value)
