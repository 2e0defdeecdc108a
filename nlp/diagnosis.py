"""错误分析: what was missed, what was found too much and which slots differ, grouped by cause, with the words and the
reasons (`dongke eval --errors`)."""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from dongke.types import Conversation
from nlp import evaluation, facts, pipeline, roles
from nlp.document import Candidate, Document
from nlp.evaluation import MAIN, SLOTS, STRICT, Row
from nlp.explain import TAGS
from nlp.learned import verdict
from nlp.learned.verdict import Judgement

UNSEEN, UNSURE, ELSEWHERE = "没有看见", "看见了, 把握不够", "出处不同"
OPPOSITE, OTHER_VALUE = "肯定否定读反", "读成别的值"
BY_RULE, BY_MODEL, SLOT = "规则误认", "学到的误认", "取值不同"
CAUSES = (UNSEEN, UNSURE, OTHER_VALUE, OPPOSITE, ELSEWHERE, BY_RULE, BY_MODEL, SLOT)
WIDEST = 160  #: characters of a talk that are shown for one fault


@dataclass(frozen=True, slots=True)
class Fault:
    """错误: its cause, its tag, and one line that a person can judge it by."""

    cause: str
    tag: str
    line: str


def faults(row: Mapping[str, Any]) -> Iterator[Fault]:
    """The faults of one annotated conversation."""
    document = pipeline.prepare(Conversation.from_json(dict(row)))
    judged: list[Judgement] = []
    if roles.stranger(document.turns) is None:
        judged = verdict.default().judge(document, facts.fold(pipeline.candidates(document)))
    kept = [one for one in judged if one.stands]
    gold, got = row["tags"], [as_tag(one.candidate) for one in kept]
    pairs = evaluation.pairs(gold, got)
    for number, wanted in enumerate(gold):
        if number not in pairs:
            yield _missed(document, row["id"], wanted, judged)
        elif pairs[number][1] < STRICT:
            yield _differing(document, row["id"], wanted, got[pairs[number][0]])
    matched = {other for other, _ in pairs.values()}
    for number, one in enumerate(kept):
        if number not in matched:
            cause = BY_RULE if one.by_rule else BY_MODEL
            yield Fault(cause, got[number]["tag"], _line(document, row["id"], got[number], _why(one)))


def report(found: Sequence[Fault], most: int) -> Iterator[str]:
    """The faults grouped by cause and tag, at most so many lines a group, the largest groups first."""
    groups: dict[tuple[str, str], list[Fault]] = defaultdict(list)
    for fault in found:
        groups[fault.cause, fault.tag].append(fault)
    for cause in CAUSES:
        mine = sorted((g for g in groups.items() if g[0][0] == cause), key=lambda g: (-len(g[1]), g[0]))
        total = sum(len(rows) for _, rows in mine)
        if total:
            yield f"== {cause}: {total}"
        for (_, tag), rows in mine:
            yield f"-- {TAGS.get(tag, tag)} ({tag}): {len(rows)}"
            yield from (f"   {fault.line}" for fault in rows[:most])


def as_tag(candidate: Candidate) -> dict[str, Any]:
    """A candidate in the form of docs/tags.md."""
    evidence = sorted({mark.turn for mark in candidate.marks})
    value = dict(candidate.value)
    return {"tag": candidate.tag, "polarity": str(candidate.polarity), "value": value, "evidence": evidence}


def _missed(document: Document, ident: str, wanted: Row, judged: Sequence[Judgement]) -> Fault:
    same = [(one, as_tag(one.candidate)) for one in judged if one.candidate.tag == wanted["tag"]]
    for cause, fits in (
        (UNSURE, [one for one, tag in same if evaluation.agreement(wanted, tag) and not one.stands]),
        (
            ELSEWHERE,
            [one for one, tag in same if one.stands and _main(tag) == _main(wanted) and _polar(tag) == _polar(wanted)],
        ),
        (OPPOSITE, [one for one, tag in same if one.stands and _main(tag) == _main(wanted)]),
        (OTHER_VALUE, [one for one, tag in same if one.stands and set(tag["evidence"]) & set(wanted["evidence"])]),
    ):
        if fits:
            return Fault(cause, wanted["tag"], _line(document, ident, wanted, _why(fits[0])))
    return Fault(UNSEEN, wanted["tag"], _line(document, ident, wanted, ""))


def _differing(document: Document, ident: str, wanted: Row, got: Row) -> Fault:
    slots = [s for s in SLOTS[wanted["tag"]] if not evaluation.same(s, wanted["value"].get(s), got["value"].get(s))]
    differ = ", ".join(f"{s}: 应为 {wanted['value'].get(s)}, 读成 {got['value'].get(s)}" for s in slots)
    return Fault(SLOT, wanted["tag"], _line(document, ident, wanted, differ))


def _main(tag: Row) -> list[Any]:
    return [tag["value"].get(name) for name in MAIN[tag["tag"]]]


def _polar(tag: Row) -> str:
    return str(tag.get("polarity", "affirmed"))


def _why(one: Judgement) -> str:
    reasons = "; ".join(one.candidate.steps[-2:])
    return f"{one.candidate.rule} {one.candidate.confidence:.2f} {reasons}"


def _line(document: Document, ident: str, tag: Row, reason: str) -> str:
    value = " ".join(f"{k}={v}" for k, v in tag["value"].items() if v is not None)
    sides = {True: "客", False: "顾"}
    turns = [document.turns[n] for n in tag["evidence"] if n < len(document.turns)]
    words = " / ".join(f"{sides[t.by_customer]}: {t.raw}" for t in turns)[:WIDEST]
    sign = "-" if _polar(tag) == "negated" else ""
    return f"{ident} {sign}{value or tag['tag']} | {words}" + (f" | {reason}" if reason else "")
