"""标注文本: annotated conversations as people write them (training/README.md), read into the form of docs/tags.md.

## call 2026-03-04T10:05
A 您好, 请问方便吗
C 我手上还有五十万闲着 [1]
C 别发短信, 打电话 [2][3]
1 funds.idle low=500000 high=500000
2 -contact.channel channel=sms
3 contact.channel channel=phone
"""

import json
import math
import re
from collections.abc import Iterable, Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

from dongke.errors import BadInput
from nlp.evaluation import MAIN, SLOTS

_HEAD = re.compile(r"## (call|chat) (\d{4}-\d\d-\d\dT\d\d:\d\d)\s*$")
_SAID = re.compile(r"([AC])[ :：](.*)")
_MARKS = re.compile(r"\s*((?:\[\d+(?:,\d+)*\]\s*)+)$")
_TAG = re.compile(r"(\d+) (-?)([a-z]+\.[a-z]+)\s*(.*)")
_SPEAKERS = {"A": "advisor", "C": "customer"}
Row = dict[str, Any]


def read(path: Path) -> list[Row]:
    """The conversations of a .txt file in this form, or of a .jsonl file in the form of docs/tags.md, with their tags.

    Raises BadInput `annotation-unreadable` with the line where something is wrong.
    """
    lines = path.read_text(encoding="utf-8").splitlines()
    if path.suffix == ".jsonl":
        return [json.loads(line) for line in lines if line.strip()]
    try:
        return list(parse(lines, path.stem))
    except BadInput as fault:
        raise BadInput(fault.code, f"{path.name} {fault.detail}") from None


def parse(lines: Iterable[str], name: str) -> Iterator[Row]:
    """The conversations of the lines, called name-001, name-002 …"""
    talk: _Talk | None = None
    count = 0
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        if head := _HEAD.match(line):
            if talk is not None:
                yield talk.row()
            count += 1
            try:
                datetime.fromisoformat(head[2])
            except ValueError:
                raise _wrong(number, f"没有 {head[2]} 这个时间") from None
            talk = _Talk(f"{name}-{count:03}", head[1], f"{head[2]}:00+08:00", number)
        elif talk is None:
            raise _wrong(number, "第一行应当是 ## call 时间 或 ## chat 时间")
        else:
            talk.add(number, line)
    if talk is not None:
        yield talk.row()


def _wrong(line: int, what: str) -> BadInput:
    return BadInput("annotation-unreadable", f"第 {line} 行: {what}")


class _Talk:
    """One conversation while its lines come in."""

    def __init__(self, ident: str, channel: str, started_at: str, line: int) -> None:
        self.head = {"id": ident, "channel": channel, "started_at": started_at}
        self.line = line
        self.utterances: list[dict[str, str]] = []
        self.marks: dict[int, list[int]] = {}
        self.tags: list[Row] = []
        self.used: set[int] = set()

    def add(self, number: int, line: str) -> None:
        if said := _SAID.match(line):
            text = said[2].strip()
            if marks := _MARKS.search(text):
                text = text[: marks.start()]
                for mark in re.findall(r"\d+", marks[1]):
                    self.marks.setdefault(int(mark), []).append(len(self.utterances))
            self.utterances.append({"speaker": _SPEAKERS[said[1]], "text": text})
        elif tag := _TAG.match(line):
            self.tags.append(self._tag(number, tag))
        else:
            raise _wrong(number, f"看不懂: {line[:30]}")

    def _tag(self, number: int, hit: re.Match[str]) -> Row:
        mark, name = int(hit[1]), hit[3]
        if name not in MAIN:
            raise _wrong(number, f"没有 {name} 这个标签")
        if mark not in self.marks:
            raise _wrong(number, f"[{mark}] 没有标在任何一句后面")
        if mark in self.used:
            raise _wrong(number, f"标签行 {mark} 出现了两次")
        self.used.add(mark)
        value: Row = dict.fromkeys((*MAIN[name], *SLOTS.get(name, ())))
        for part in hit[4].split():
            slot, _, text = part.partition("=")
            if slot not in value or value[slot] is not None:
                raise _wrong(number, f"{name} 没有 {slot} 这一项, 或写了两遍")
            value[slot] = _value(number, slot, text)
        polarity = "negated" if hit[2] else "affirmed"
        return {"tag": name, "polarity": polarity, "value": value, "evidence": sorted(set(self.marks[mark]))}

    def row(self) -> Row:
        if left := sorted(self.marks.keys() - self.used):
            raise _wrong(self.line, f"标记 {left} 没有对应的标签行")
        return {**self.head, "utterances": self.utterances, "tags": self.tags}


def _value(line: int, slot: str, text: str) -> Any:
    if text in ("", "null"):
        return None
    if slot == "days":
        return text.split(",")
    if slot in ("low", "high", "low_pct", "high_pct"):
        try:
            number = float(text)
        except ValueError:
            raise _wrong(line, f"{slot}={text} 不是数") from None
        if not math.isfinite(number):
            raise _wrong(line, f"{slot}={text} 不是数")
        return int(number) if number.is_integer() else number
    return text
