"""报表导出: the report as CSV text and as an Excel workbook. What customers said is data, never a formula."""

import csv
from io import BytesIO, StringIO
from pathlib import Path
from typing import TYPE_CHECKING, Any

from dongke.clock import beijing
from followup.models import State

if TYPE_CHECKING:
    from followup.reports import Detail, Report

STATE_NAMES = {
    State.OPEN: "待跟进",
    State.CONTACTED: "已触达未谈到",
    State.DISCUSSED: "已谈未决",
    State.WON: "已成单",
    State.REFUSED: "客户拒绝",
    State.EXPIRED: "失效",
}
DETAIL_HEADINGS = tuple(
    "客户 投资顾问 跟进规则 内容 金额下限(元) 金额上限(元) 开启 期限 状态 逾期 未接次数 首次触达 谈到 成单 自报 "
    "适当性 依据的会话 商机编号".split()
)
_FORMULA = ("=", "+", "-", "@", "\t", "\r")
_MIN_WIDTH, _MAX_WIDTH = 8, 60


def guarded(value: Any) -> Any:
    """A text that a spreadsheet would take for a formula gets an apostrophe before it; numbers stay numbers."""
    if isinstance(value, str) and value.lstrip(" \n").startswith(_FORMULA):
        return "'" + value
    return value


def to_csv(report: "Report") -> str:
    """The table of the report, headings in Chinese, the sum last."""
    out = StringIO()
    writer = csv.writer(out, lineterminator="\r\n")
    for row in _table(report):
        writer.writerow(["" if cell is None else guarded(cell) for cell in row])
    return out.getvalue()


def to_xlsx(report: "Report", target: Path | BytesIO) -> None:
    """汇总, 客户心声, 说明, 明细: frozen headings, filters, columns as wide as what stands in them."""
    import xlsxwriter

    from followup.reports.voices import headings

    options = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
    with xlsxwriter.Workbook(target if isinstance(target, BytesIO) else str(target), options) as book:
        _sheet(book, "汇总", _table(report), note=report.title)
        heard = [[v.heading, *v.sentiments, v.customers] for v in report.voices]
        _sheet(book, "客户心声", [list(headings()), *heard])
        _sheet(book, "说明", [["项目", "内容"], *_notes(report)])
        if report.details:
            _sheet(book, "明细", [list(DETAIL_HEADINGS), *(_detail(row) for row in report.details)])


def _table(report: "Report") -> list[list[Any]]:
    names = [name for name, _ in report.columns]
    rows = [line.to_json() for line in (*report.lines, report.total)]
    return [[heading for _, heading in report.columns], *([row[name] for name in names] for row in rows)]


def _notes(report: "Report") -> list[list[Any]]:
    """What somebody must know who reads only the file."""
    from followup.reports.numbers import MIN_N

    rows = [
        ["报表", report.title],
        ["样本下限", f"少于 {MIN_N} 件不给比率"],
        ["区间", "95% Wilson 区间"],
        ["成单率", "只按可能成单的商机算; 约定回电, 承诺和投诉无单可成"],
        ["预期及时率", "同样的商机组合, 按全公司各规则的及时率应有的及时率"],
        ["首次触达", "从开启到第一次触达的交易小时 (一天 4 小时) 的中位数"],
        ["金额", "客户说过的下限, 没有下限时取上限"],
        *([f"跟进规则 {book}", f"版本 {version}"] for book, version in report.playbooks.items()),
    ]
    return rows + ([["明细", "没有全部列出; 其余在页面上点开数字查看"]] if report.details_cut else [])


def _detail(row: "Detail") -> list[Any]:
    o, owner, playbook, mark = row.opportunity, row.owner, row.playbook, row.mark
    talks = dict.fromkeys(c.conversation for c in o.causes if c.conversation)
    return [
        o.customer, owner, playbook, o.key, o.low_yuan, o.high_yuan, _time(o.opened_at), _time(o.due_at),
        STATE_NAMES[o.state], "是" if o.overdue else "", o.attempts, _time(o.first_contact_at), _time(o.discharged_at),
        _time(o.won_at), "是" if o.self_reported else "", mark, ", ".join(talks), o.id,
    ]  # fmt: skip


def _time(moment: Any) -> str | None:
    return f"{beijing(moment):%Y-%m-%d %H:%M}" if moment else None


def _sheet(book: Any, name: str, rows: list[list[Any]], note: str = "") -> None:
    sheet = book.add_worksheet(name)
    bold = book.add_format({"bold": True, "text_wrap": True, "valign": "top"})
    for r, row in enumerate(rows):
        for c, value in enumerate(row):
            _cell(sheet, r, c, value, bold if r == 0 else None)
    sheet.freeze_panes(1, 1)
    sheet.autofilter(0, 0, max(len(rows) - 1, 0), len(rows[0]) - 1)
    for c in range(len(rows[0])):
        sheet.set_column(c, c, _width(row[c] for row in rows))
    sheet.set_landscape()
    if note:
        sheet.set_header(f"&L{note.replace('&', '&&')}")


def _cell(sheet: Any, r: int, c: int, value: Any, style: Any) -> None:
    if value is None:
        sheet.write_blank(r, c, None, style)
    elif isinstance(value, int | float):
        sheet.write_number(r, c, value, style)
    else:
        sheet.write_string(r, c, guarded(str(value)), style)


def _width(cells: Any) -> int:
    """Chinese characters count twice."""
    longest = max(sum(2 if ord(ch) > 0x2E80 else 1 for ch in str(cell or "")) for cell in cells)
    return min(max(longest + 2, _MIN_WIDTH), _MAX_WIDTH)
