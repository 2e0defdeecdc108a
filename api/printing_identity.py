"""What `dongke identity` shows in a terminal."""

from typing import TYPE_CHECKING, Any

from rich import box
from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from dongke.clock import beijing

if TYPE_CHECKING:
    from profiles.identity.households import Household


def identity_page(page: dict[str, Any]) -> Group:
    """One customer: who he is, what names him, how it came to be."""
    members = "、".join(f"{m['customer_id']} {m['name']}".strip() for m in page["members"])
    parts: list[RenderableType] = [Text(f"客户 {page['customer_id']}: {members}", style="bold")]
    parts.append(_identifiers(page["identifiers"]) if page["identifiers"] else Text("没有标识"))
    parts += [Text(f"经过: {_history(row)}") for row in page["history"]]
    parts += [Text(f"一家人: {e['other_id'] or '另一位客户'} {e['reason']}") for e in page["household"]]
    parts += [Text(f"⚠ {c['label']}: {c['text']} (编号 {c['id']})", style="yellow") for c in page["conflicts"]]
    return Group(*parts)


def conflict_table(rows: list[dict[str, Any]], *, more: bool) -> RenderableType:
    """身份疑点, the newest first."""
    if not rows:
        return Text("没有身份疑点")
    table = Table(title=f"身份疑点 ({len(rows)}{'+' if more else ''})", title_justify="left", box=box.SIMPLE_HEAD)
    for heading in ("编号", "种类", "最近", "次数", "内容", "处理"):
        table.add_column(heading, overflow="fold")
    for row in rows:
        settled = f"{row['settled_by']}: {row['note']}" if row["settled_at"] else ""
        last = f"{beijing(row['last_at']):%m-%d %H:%M}"
        table.add_row(row["id"], row["label"], last, str(row["count"]), Text(row["text"]), Text(settled))
    return table


def household_lines(found: "Household") -> list[str]:
    """One line a shared identifier."""
    if not found.edges:
        return [f"客户 {found.customer_id} 没有和别的客户共用电话或设备"]
    return [f"{e.customer_id} – {e.other_id}: {e.reason}" for e in found.edges]


def _identifiers(rows: list[dict[str, Any]]) -> Table:
    table = Table(box=box.SIMPLE_HEAD)
    for heading in ("标识", "值", "客户号", "起", "止", "来源", "共用", "编号"):
        table.add_column(heading, overflow="fold")
    for row in rows:
        until = f"{beijing(row['until']):%Y-%m-%d}" if row["until"] else ""
        table.add_row(
            *(row["label"], Text(row["value"]), row["customer_id"], f"{beijing(row['from_at']):%Y-%m-%d}", until),
            *(Text(row["by"]), "、".join(row["shared_with"]), row["id"]),
            style="" if row["current"] else "dim",
        )
    return table


def _history(row: dict[str, Any]) -> str:
    what = f"{row['customer_id']} 并入 {row['into_id']}" if row["action"] == "merge" else f"{row['customer_id']} 拆出"
    undone = ", 已拆分" if row["undone"] else ""
    return f"{beijing(row['at']):%Y-%m-%d %H:%M} {what}, {row['by']}: {row['reason'] or '没有写理由'}{undone}"
