"""评测: found tags against gold tags, tag by tag (docs/tags.md, "How it is scored").

A found tag and a gold tag *match* where tag, polarity and main value agree and their evidence shares an utterance; a
match is *strict* where every slot agrees too. Gold and found tags are paired one to one, strict pairs first.
"""

import json
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from dongke.errors import BadInput

Row = Mapping[str, Any]

#: the slots that must agree for a match
MAIN: Mapping[str, tuple[str, ...]] = {
    "funds.idle": (),
    "assets.external": ("institution_type",),
    "intent.product": ("product",),
    "intent.permission": ("permission",),
    "risk.appetite": ("level",),
    "experience.level": ("level",),
    "expectation.return": (),
    "expectation.horizon": ("term",),
    "family.clue": ("clue",),
    "contact.time": ("kind",),
    "contact.channel": ("channel",),
    "contact.busy": (),
    "voice.feedback": ("topic", "sentiment"),
    "churn.risk": ("action",),
    "commitment.advisor": ("action",),
}
#: the slots that must agree as well for a strict match
SLOTS: Mapping[str, tuple[str, ...]] = {
    "funds.idle": ("low", "high", "available_from"),
    "assets.external": ("institution", "product", "low", "high", "matures_on"),
    "expectation.return": ("low_pct", "high_pct"),
    "contact.time": ("days", "date", "from", "to"),
    "commitment.advisor": ("due_date",),
}
_NUMERIC = {"low", "high", "low_pct", "high_pct"}
_TOLERANCE = 0.1
MISSED, MATCH, STRICT = 0, 1, 2


def score(gold: Mapping[str, Row], found: Mapping[str, Row]) -> tuple[dict[str, Any], list[str]]:
    """Precision, recall and F1 over all and per tag, and a line for each error. Both maps hold rows by their id.

    A conversation that `found` lacks counts as one without tags. Raises BadInput `ids-unknown` where gold lacks one.
    """
    unknown = sorted(set(found) - set(gold))
    if unknown:
        raise BadInput("ids-unknown", f"标准答案里没有 {', '.join(unknown[:5])}")
    counts: dict[str, Counter[str]] = defaultdict(Counter)
    errors: list[str] = []
    untagged: Counter[str] = Counter()
    for ident, row in gold.items():
        wanted, got = row["tags"], found.get(ident, {}).get("tags", [])
        if not wanted:
            untagged.update(all=1, clean=not got)
        errors += _count(counts, ident, wanted, got)
    total: Counter[str] = Counter()
    for counter in counts.values():
        total.update(counter)
    tags = {name: _figures(c) for name, c in sorted(counts.items(), key=lambda pair: -pair[1]["gold"])}
    macro = [row["f1"] for row in tags.values() if row["gold"]]
    result = {
        "tags": tags | {"ALL": _figures(total)},
        "macro_f1": sum(macro) / len(macro) if macro else 0.0,
        "untagged_kept_clean": [untagged["clean"], untagged["all"]],
    }
    return result, errors


def table(result: Mapping[str, Any]) -> str:
    """The figures as lines of text."""
    lines = [f"{'tag':22}{'gold':>6}{'found':>7}{'P':>8}{'R':>8}{'F1':>8}{'strict':>8}"]
    for name, row in result["tags"].items():
        figures = (row["precision"], row["recall"], row["f1"], row["strict_f1"])
        lines.append(f"{name:22}{row['gold']:6}{row['found']:7}" + "".join(f"{x:8.3f}" for x in figures))
    clean, untagged = result["untagged_kept_clean"]
    lines.append(f"macro F1 {result['macro_f1']:.3f}; untagged conversations kept clean {clean}/{untagged}")
    return "\n".join(lines)


def agreement(gold: Row, found: Row) -> int:
    """MISSED, MATCH or STRICT."""
    tag = gold["tag"]
    polarity = gold.get("polarity", "affirmed")
    if tag != found.get("tag") or polarity != found.get("polarity", "affirmed"):
        return MISSED
    wanted, got = gold.get("value") or {}, found.get("value") or {}
    if any(wanted.get(name) != got.get(name) for name in MAIN[tag]):
        return MISSED
    if gold.get("evidence") and not set(gold["evidence"]) & set(found.get("evidence") or ()):
        return MISSED
    agree = all(same(name, wanted.get(name), got.get(name)) for name in SLOTS.get(tag, ()))
    return STRICT if agree else MATCH


def pairs(gold: Sequence[Row], found: Sequence[Row]) -> dict[int, tuple[int, int]]:
    """gold index → (found index, agreement): the most strict pairs, then the most pairs (augmenting paths)."""
    edges = [[agreement(g, f) for f in found] for g in gold]
    taken: dict[int, int] = {}

    def place(one: int, least: int, seen: set[int]) -> bool:
        for other, weight in enumerate(edges[one]):
            if weight >= least and other not in seen:
                seen.add(other)
                if other not in taken or place(taken[other], least, seen):
                    taken[other] = one
                    return True
        return False

    for least in (STRICT, MATCH):
        for one in range(len(gold)):
            if one not in taken.values():
                place(one, least, set())
    return {one: (other, edges[one][other]) for other, one in taken.items()}


def _count(counts: dict[str, Counter[str]], ident: str, gold: Sequence[Row], found: Sequence[Row]) -> Iterator[str]:
    matched = pairs(gold, found)
    for number, wanted in enumerate(gold):
        other, weight = matched.get(number, (-1, MISSED))
        counts[wanted["tag"]].update(gold=1, hit=weight > MISSED, strict=weight == STRICT)
        if weight < STRICT:
            got = found[other] if weight else None
            yield f"{ident} {'slots' if weight else 'missed'} gold {_line(wanted)} found {_line(got)}"
    used = {other for other, _ in matched.values()}
    for number, got in enumerate(found):
        counts[got["tag"]]["found"] += 1
        if number not in used:
            yield f"{ident} extra found {_line(got)}"


def _figures(counter: Counter[str]) -> dict[str, Any]:
    precision, recall, f1 = _f1(counter["hit"], counter["found"], counter["gold"])
    strict = _f1(counter["strict"], counter["found"], counter["gold"])[2]
    return {
        "gold": counter["gold"],
        "found": counter["found"],
        "precision": precision,
        "recall": recall,
        "f1": f1,
        "strict_f1": strict,
    }


def _f1(hit: int, found: int, gold: int) -> tuple[float, float, float]:
    precision = hit / found if found else 0.0
    recall = hit / gold if gold else 0.0
    both = precision + recall
    return precision, recall, 2 * precision * recall / both if both else 0.0


def same(name: str, gold: Any, found: Any) -> bool:
    """Whether a slot agrees: amounts and rates within a tenth."""
    if gold is None or found is None:
        return gold is None and found is None
    if name in _NUMERIC:
        return isinstance(found, int | float) and abs(found - gold) <= _TOLERANCE * abs(gold)
    if name == "days":
        return sorted(gold) == sorted(found)
    return bool(gold == found)


def _line(row: Row | None) -> str:
    return json.dumps(row, ensure_ascii=False)
