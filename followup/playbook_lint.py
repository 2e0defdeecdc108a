"""跟进规则的检查 (lint): what the schema cannot see – tags and slots that do not exist, words that match everything, a
change without a new version. Pure but for `lint_path`, which reads the files.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from re import Pattern
from typing import Any

from pydantic import BaseModel

from dongke.errors import BadInput
from followup import patterns
from followup.playbook_files import Fault, PlaybookInvalid, line_of, read
from followup.playbooks import Playbook
from profiles.labels import check_slot

#: 标签与要素 of docs/tags.md
SLOTS: Mapping[str, tuple[str, ...]] = {
    "funds.idle": ("low", "high", "available_from"),
    "assets.external": ("institution", "institution_type", "product", "low", "high", "matures_on"),
    "intent.product": ("product",),
    "intent.permission": ("permission",),
    "risk.appetite": ("level",),
    "experience.level": ("level",),
    "expectation.return": ("low_pct", "high_pct"),
    "expectation.horizon": ("term",),
    "family.clue": ("clue",),
    "contact.time": ("kind", "days", "date", "from", "to"),
    "contact.channel": ("channel",),
    "contact.busy": (),
    "voice.feedback": ("topic", "sentiment"),
    "churn.risk": ("action",),
    "commitment.advisor": ("action", "due_date"),
}
DATES = ("available_from", "matures_on", "date", "due_date")
MENTIONS = ("money", "product", "permission", "institution", "feedback", "churn", "promise")


@dataclass(frozen=True, slots=True, order=True)
class Finding:
    """一处发现. `is_error`: it must not run; else it is advice."""

    file: str
    line: int
    place: str
    text: str
    is_error: bool = True

    def to_json(self) -> dict[str, Any]:
        level = "error" if self.is_error else "warning"
        return {"file": self.file, "line": self.line, "place": self.place, "text": self.text, "level": level}


def lint_path(path: Path, running: Sequence[Playbook] = ()) -> list[Finding]:
    """Checks a file, or every *.yaml of a folder. Raises BadInput `file-unreadable`, `encoding`."""
    return lint(texts_of(path), running)


def refuse_errors(texts: Mapping[str, str]) -> None:
    """Raises BadInput `playbook-invalid` (PlaybookInvalid) where one of the files must not run, not even on trial."""
    for name, text in texts.items():
        wrong = [Fault(f.line, f.place, f.text) for f in lint({name: text}) if f.is_error]
        if wrong:
            raise PlaybookInvalid(name, wrong)


def texts_of(path: Path) -> dict[str, str]:
    """The text of a file, or of every *.yaml of a folder, by name. Raises BadInput `file-unreadable`, `encoding`."""
    paths = sorted(path.glob("*.yaml")) if path.is_dir() else [path]
    if not paths:
        raise BadInput("file-unreadable", f"{path.name} 里没有 *.yaml")
    try:
        return {one.name: one.read_text(encoding="utf-8") for one in paths}
    except UnicodeDecodeError:
        raise BadInput("encoding", f"{path.name} 不是 UTF-8 文字") from None
    except OSError as fault:
        raise BadInput("file-unreadable", f"打不开 {path.name}: {fault.strerror}") from None


def lint(texts: Mapping[str, str], running: Sequence[Playbook] = ()) -> list[Finding]:
    """All findings in these files (name → text), compared with the playbooks that run now."""
    found: list[Finding] = []
    seen: dict[str, str] = {}
    for name, text in texts.items():
        try:
            book = read(text, name)
        except PlaybookInvalid as invalid:
            found += [Finding(name, f.line, f.place, f.text) for f in invalid.faults]
            continue
        if book.id in seen:
            found.append(Finding(name, line_of(text, ["id"]), "id", f"{seen[book.id]} 里已经有 {book.id}"))
        seen.setdefault(book.id, name)
        for place, reason, is_error in (*_content(book), *_version(book, running)):
            where = ".".join(map(str, place))
            found.append(Finding(name, line_of(text, place), where, reason, is_error))
    return sorted(found)


def _content(book: Playbook) -> Iterator[tuple[Sequence[Any], str, bool]]:
    yield from _openings(book)
    yield from _due(book)
    for place, name in _tags(book):
        if name not in SLOTS:
            yield place, f"没有标签 {name}", True
    for place, kind in _kinds(book):
        if kind not in MENTIONS:
            yield place, f"没有提及 {kind}: 要 {', '.join(MENTIONS)}", True
    for place, pattern in _patterns(book, []):
        yield from ((place, reason, True) for reason in patterns.faults(pattern))
    if not book.win and not book.keep and book.due.is_span and book.discharge.notes:
        yield ["discharge", "notes"], "没有成单条件, 又凭自己写的拜访记录核销: 全靠自报", False


def _openings(book: Playbook) -> Iterator[tuple[Sequence[Any], str, bool]]:
    for number, opening in enumerate(book.opens):
        slots = SLOTS.get(opening.tag)
        if slots is None:
            yield ["opens", number, "tag"], f"没有标签 {opening.tag}", True
            continue
        for slot in (*opening.where, *opening.need):
            if slot not in slots:
                part = "where" if slot in opening.where else "need"
                yield ["opens", number, part], f"{opening.tag} 没有要素 {slot}", True
        if opening.min_yuan is not None and "low" not in slots:
            yield ["opens", number, "min_yuan"], f"{opening.tag} 没有金额", True
        for slot, wanted in opening.where.items():
            for value in (wanted,) if isinstance(wanted, str) else wanted:
                yield from _value(["opens", number, "where", slot], opening.tag, slot, value)
    held = {slot for opening in book.opens for slot in SLOTS.get(opening.tag, ())}
    held |= {slot for opening in book.opens_on for slot in (*opening.where, *opening.need)}
    for number, slot in enumerate(book.key):
        if slot not in held:
            yield ["key", number], f"打开它的标签里没有要素 {slot}", True


def _value(place: Sequence[Any], tag: str, slot: str, value: str) -> Iterator[tuple[Sequence[Any], str, bool]]:
    try:
        check_slot(tag, slot, value)
    except BadInput as fault:
        yield place, fault.detail, True


def _due(book: Playbook) -> Iterator[tuple[Sequence[Any], str, bool]]:
    held = {slot for opening in book.opens for slot in SLOTS.get(opening.tag, ())}
    for name in ("not_before", "maturity", "slot"):
        slot = getattr(book.due, name)
        if slot is None or (name == "slot" and book.due.rule != "date"):
            continue
        if slot not in held or slot not in DATES:
            yield ["due", name], f"打开它的标签里没有日期 {slot}", True
    if book.due.rule == "window" and held.isdisjoint(("date", "due_date")):
        yield ["due", "rule"], "打开它的标签里没有日期", True


def _version(book: Playbook, running: Sequence[Playbook]) -> Iterator[tuple[Sequence[Any], str, bool]]:
    now = next((old for old in running if old.id == book.id), None)
    if now is not None and now.version == book.version and now != book:
        yield ["version"], f"内容和运行中的不同, 版本号却没有变 ({book.version})", True


def _tags(book: Playbook) -> Iterator[tuple[Sequence[Any], str]]:
    for part, tags in (("withdraw", book.withdraw), ("withdraw_wins", book.withdraw_wins)):
        yield from (([part, n], tag) for n, tag in enumerate(tags))
    yield from ((["refuse", "tags", n], tag) for n, tag in enumerate(book.refuse.tags))
    for number, pause in enumerate(book.pause):
        yield from ((["pause", number, "tags", n], tag) for n, tag in enumerate(pause.tags))


def _kinds(book: Playbook) -> Iterator[tuple[Sequence[Any], str]]:
    about = book.about
    for part in ("kinds", "keyed", "others", "opening_kinds"):
        yield from ((["about", part, n], kind) for n, kind in enumerate(getattr(about, part)))
    yield from ((["about", "same_slots", kind], kind) for kind in about.same_slots)
    for key, group in about.also.items():
        yield from ((["about", "also", key, n, "kind"], one.kind) for n, one in enumerate(group))


def _patterns(value: Any, place: list[Any]) -> Iterator[tuple[Sequence[Any], Pattern[str]]]:
    if isinstance(value, Pattern):
        yield place, value
    elif isinstance(value, BaseModel):
        for name in type(value).model_fields:
            yield from _patterns(getattr(value, name), [*place, name])
    else:
        for key, inner in _items(value):
            yield from _patterns(inner, [*place, key])


def _items(value: Any) -> Iterable[tuple[Any, Any]]:
    if isinstance(value, Mapping):
        return value.items()
    return enumerate(value) if isinstance(value, tuple) else ()
