"""报表单页 PDF: the report on one page, with an embedded Chinese font of the machine.

fpdf2 is pure Python and subsets the font it embeds; it is imported when the first page is made. The font is
`DONGKE_PDF_FONT`, else the first of Debian's open fonts that is installed.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from dongke.clock import beijing
from dongke.errors import NotReady
from dongke.settings import settings
from followup.reports.numbers import MIN_N

if TYPE_CHECKING:
    from fpdf import FPDF

    from followup.reports import Report

#: open fonts with Chinese characters as Debian installs them, and which face of the file is Simplified Chinese
FONTS: tuple[tuple[str, int], ...] = (
    ("/usr/share/fonts/opentype/noto/NotoSansCJK-Regular.ttc", 2),
    ("/usr/share/fonts/truetype/droid/DroidSansFallbackFull.ttf", 0),
    ("/usr/share/fonts/truetype/wqy/wqy-microhei.ttc", 0),
    ("/usr/share/fonts/truetype/wqy/wqy-zenhei.ttc", 0),
)
HINT = "请安装 fonts-noto-cjk 或 fonts-droid-fallback (apt-get install), 或用 DONGKE_PDF_FONT 指定一个中文字体文件"
MAX_LINES = 22  #: that fit on the page beside the rest
MAX_VOICES = 5
_FACE = "cjk"
_INK, _FAINT, _RULE, _HEAD = (26, 32, 44), (110, 118, 130), (205, 210, 218), (238, 241, 246)
#: the columns that fit, with their width in mm
_COLUMNS: tuple[tuple[str, str, float], ...] = (
    ("name", "", 42),
    ("opened", "商机", 17),
    ("touched", "触达", 17),
    ("discharged", "谈到", 17),
    ("in_time_rate", "及时率%", 20),
    ("in_time_interval", "95%区间", 20),
    ("in_time_beyond", "比预期", 17),
    ("won", "成单", 15),
    ("won_rate", "成单率%", 19),
    ("won_interval", "95%区间", 19),
    ("refused", "拒绝", 15),
    ("overdue", "逾期", 15),
    ("promises_rate", "守约%", 17),
    ("promises_interval", "95%区间", 19),
    ("median_hours", "首触(小时)", 21),
    ("yuan_untouched", "未触达(万元)", 24),
)


def to_pdf(report: "Report") -> bytes:
    """The page, A4 across. Raises NotReady `pdf-font-missing`."""
    page = _blank(report.title)
    _head(page, report)
    _tiles(page, report.total.numbers)
    _table(page, report)
    _voices(page, report)
    _foot(page, report)
    return bytes(page.output())


def font() -> tuple[Path, int]:
    """The font file and its face. Raises NotReady `pdf-font-missing`."""
    told = settings().pdf_font
    if told is not None:
        _check(told)
        return told, 0
    for name, face in FONTS:
        if Path(name).is_file():
            return Path(name), face
    raise NotReady("pdf-font-missing", f"这台机器没有中文字体; {HINT}")


def _check(path: Path) -> None:
    from fontTools.ttLib import TTFont

    if not path.is_file():
        raise NotReady("pdf-font-missing", f"没有字体文件 {path.name}; {HINT}")
    try:
        with path.open("rb") as file:
            TTFont(file, fontNumber=0).getBestCmap()
    except Exception as fault:  # fontTools raises what it likes at a broken file
        raise NotReady("pdf-font-missing", f"字体文件 {path.name} 不能用; {HINT}") from fault


def _blank(title: str) -> "FPDF":
    from fpdf import FPDF

    path, face = font()
    page = FPDF(orientation="landscape", format="A4")
    page.add_font(_FACE, "", path, collection_font_number=face)
    page.set_title(title)
    page.set_margin(12)
    page.set_auto_page_break(False)
    page.add_page()
    return page


def _head(page: "FPDF", report: "Report") -> None:
    _write(page, 15, _INK, 0, 8, report.title)
    _write(
        page,
        8,
        _FAINT,
        0,
        5,
        "时长按交易时间; 比率不到样本下限不显示; “比预期”是与同样商机组合下全公司及时率之差(百分点)",
    )
    page.ln(2)


def _write(page: "FPDF", size: float, color: tuple[int, int, int], width: float, height: float, text: str) -> None:
    page.set_font(_FACE, size=size)
    page.set_text_color(*color)
    page.cell(width, height, text, new_x="LMARGIN", new_y="NEXT")


def _tiles(page: "FPDF", total: Any) -> None:
    rate = "样本不足" if total["in_time_rate"] is None else f"{total['in_time_rate']}%"
    shown = (
        ("商机", total["opened"]),
        ("及时谈到", rate),
        ("逾期", total["overdue"]),
        ("成单", total["won"]),
        ("发现金额", _money(total["yuan_known"])),
        ("未触达", _money(total["yuan_untouched"])),
        ("已成单金额", _money(total["yuan_converted"])),
        ("兑现承诺", f"{total['promises_kept']}/{total['promises']}"),
    )
    width, top = page.epw / len(shown), page.get_y()
    for n, (label, value) in enumerate(shown):
        left = page.l_margin + n * width
        page.set_fill_color(*_HEAD)
        page.rect(left, top, width - 2, 16, style="F")
        _at(page, left + 2, top + 1.5, 8, _FAINT, label)
        _at(page, left + 2, top + 7, 13, _INK, str(value))
    page.set_y(top + 20)


def _at(page: "FPDF", left: float, top: float, size: float, color: tuple[int, int, int], text: str) -> None:
    page.set_xy(left, top)
    page.set_font(_FACE, size=size)
    page.set_text_color(*color)
    page.cell(0, size * 0.5, text)


def _table(page: "FPDF", report: "Report") -> None:
    """The lines with the most opportunities first (no ranking of people), the sum last; what does not fit is said."""
    lines = sorted(report.lines, key=lambda line: (-line.numbers["opened"], line.id))
    scale = page.epw / sum(width for _, _, width in _COLUMNS)
    headings = [report.columns[0][1], *(heading for _, heading, _ in _COLUMNS[1:])]
    _row(page, headings, scale, fill=True)
    for line in (*lines[:MAX_LINES], report.total):
        _row(page, _cells(line), scale, fill=line is report.total)
    if len(lines) > MAX_LINES:
        _write(page, 8, _FAINT, 0, 5, f"另有 {len(lines) - MAX_LINES} 行, 见 Excel")
    page.ln(2)


def _cells(line: Any) -> list[str]:
    values = [line.name, *(line.numbers[name] for name, _, _ in _COLUMNS[1:-1])]
    values.append(round(line.numbers["yuan_untouched"] / 10_000, 1))
    return ["–" if value is None else str(value) for value in values]


def _row(page: "FPDF", cells: Sequence[str], scale: float, *, fill: bool) -> None:
    page.set_font(_FACE, size=8.5)
    page.set_text_color(*_INK)
    page.set_fill_color(*_HEAD)
    page.set_draw_color(*_RULE)
    for n, (text, (_, _, width)) in enumerate(zip(cells, _COLUMNS, strict=True)):
        room = width * scale
        page.cell(room, 5, _fitted(page, text, room - 2), border="B", align="R" if n else "L", fill=fill)
    page.ln(5)


def _fitted(page: "FPDF", text: str, room: float) -> str:
    if page.get_string_width(text) <= room:
        return text
    while text and page.get_string_width(f"{text}…") > room:
        text = text[:-1]
    return f"{text}…"


def _voices(page: "FPDF", report: "Report") -> None:
    if report.voices:
        told = [
            f"{v.heading}: 不满 {v.sentiments[0]}, 满意 {v.sentiments[1]}, 建议 {v.sentiments[2]}"
            for v in report.voices
        ]
        _write(page, 9, _INK, 0, 5, _fitted(page, "客户心声  " + "    ".join(told[:MAX_VOICES]), page.epw))


def _foot(page: "FPDF", report: "Report") -> None:
    versions = ", ".join(f"{book} {version}" for book, version in report.playbooks.items())
    page.set_y(-14)
    text = f"少于 {MIN_N} 件不给比率 · 截至 {beijing(report.as_of):%Y-%m-%d %H:%M} · 跟进规则 {versions}"
    page.set_font(_FACE, size=7)
    _write(page, 7, _FAINT, 0, 4, _fitted(page, text, page.epw))


def _money(yuan: int) -> str:
    if yuan >= 100_000_000:
        return f"{yuan / 100_000_000:.2f} 亿"
    return f"{yuan / 10_000:.1f} 万"
