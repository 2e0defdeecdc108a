"""态度: whether the words around a thing want it, refuse it, or only speak of it (nlp/lexicon/cues/stance.yaml).

A thing owns the words from the start of its clause to the next thing of its kind. What looks like a cue and is none is
masked first; then refusals, then wishes; a strong wish stands against talk of what he holds or of what happened.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

from nlp import vocabulary
from nlp.document import Document, Mention
from nlp.frames import expand

OTHER = "◇"
AFTER = 34  #: characters after the thing that may still speak of it
BEFORE = 24
STRONG = 0.8


@dataclass(frozen=True, slots=True)
class Word:
    """态度词: one cue, where it may stand and how sure it is."""

    id: str
    pattern: re.Pattern[str]
    scope: str
    weight: float


@dataclass(frozen=True, slots=True)
class Stance:
    """态度: want, refuse or none, with the cue that said so."""

    sign: str
    rule: str
    weight: float


@dataclass(frozen=True, slots=True)
class Around:
    """周围: the words before the thing in its clause, after it in its clause, and in the clauses after."""

    before: str
    clause: str  #: the part of `before` that stands in the thing's own clause
    near: str
    far: str


_SUCH_AS = re.compile(
    r"(比如说?|例如|像|就是|也就是|那种|那个|什么|主要是|或者|、){1,3}(◇|[\u4e00-\u9fff]{2,6}(或者?|和|、|啊|跟|，))?"
)


def around(document: Document, mention: Mention, rivals: Sequence[Mention]) -> Around:
    """The words that belong to the mention; ◇ stands for its rivals, the other things of the turn."""
    turn = document.turns[mention.turn]
    others = [m for m in rivals if m.key != mention.key or m.start < mention.start]
    low, clause_end = turn.clauses[turn.clause_at(mention.start)]
    own = low
    listed = _SUCH_AS.fullmatch(turn.text[low : mention.start]) is not None
    if (mention.start - low <= 3 or listed) and low > 0:  # the verb may stand before a wrong border
        low = turn.clauses[turn.clause_at(mention.start) - 1][0]
    before = turn.text[max(low, mention.start - BEFORE) : mention.start]
    before = before.replace("，", "") if listed else before
    earlier = [m for m in others if m.end <= mention.start and m.end > mention.start - len(before)]
    if earlier and not _is_joined(turn.text[earlier[-1].end : mention.start]):
        before = turn.text[earlier[-1].end : mention.start]
    later = [m.start for m in others if m.start >= mention.end and m.key != mention.key]
    limit = min([mention.end + AFTER, len(turn.text), *later])
    if later and limit == min(later):
        start = turn.clauses[turn.clause_at(limit)][0]
        joined = _is_joined(turn.text[mention.end : limit])
        limit = start if start > mention.end else limit
        if joined:  # A和B我都要
            limit = min(mention.end + AFTER, len(turn.text))
    end = min(clause_end, limit)
    clause = before[max(len(before) - (mention.start - own), 0) :]
    near, far = turn.text[mention.end : end], turn.text[end:limit]
    for word in {m.text for m in others}:
        near, far = near.replace(word, OTHER), far.replace(word, OTHER)
    return Around(before.strip("，。？！；"), clause, near, far)


def judge(words: Around) -> Stance:
    """The stance that the words take."""
    whole = f"{words.before}{OTHER}{words.near}{words.far}"
    hinders = [n for n in _none() if n[1].search(whole)]
    hinder = hinders[0] if hinders else None
    refusal = _first("refuse", words.clause, words.near, words.far)
    wish = _first("want", words.before, words.near, words.far)
    if refusal is not None and not (wish and wish.weight >= STRONG and refusal.id == "idiom"):
        if bar := next((n[0] for n in hinders if n[0] in ("held", "compare")), None):
            return Stance("none", bar, 0.5)
        return Stance("refuse", f"refuse.{refusal.id}", refusal.weight)
    if wish is None:
        return Stance("none", hinder[0] if hinder else "silent", 0.5)
    if hinder is not None and (hinder[2] or wish.weight < STRONG):
        return Stance("none", hinder[0], 0.5)
    return Stance("want", f"want.{wish.id}", wish.weight)


def _first(sign: str, before: str, near: str, far: str) -> Word | None:
    """The first word of the sign that fits, look-alikes masked."""
    before, near, far = (_masks(sign).sub(_blank, text) for text in (before, near, far))
    for word in _words(sign):
        texts = _scope(word.scope, before, near, far)
        if any(word.pattern.search(text) for text in texts if text):
            return word
    return None


def _scope(name: str, before: str, near: str, far: str) -> tuple[str, ...]:
    if name == "span":  # ◆ stands for the thing itself
        return (f"{before}◆{near}",)
    return {"before": (before,), "after": (near + far,), "near": (near,)}.get(name, (near, far))


def _blank(hit: re.Match[str]) -> str:
    return "○" * len(hit[0])


def _is_joined(between: str) -> bool:
    return bool(re.fullmatch(r"(基金|类|的|etf)?(和|跟|、|，|还有|以及|与|或者|或|加|还是)(那个|什么|那些)?", between))


@cache
def _macros() -> dict[str, str]:
    own: dict[str, str] = vocabulary.load("cues/stance")["macros"]
    return dict(vocabulary.load("frames/_macros")) | own


@cache
def _masks(sign: str) -> re.Pattern[str]:
    return re.compile("|".join(f"(?:{expand(str(m), _macros())})" for m in _data(f"mask_{sign}")))


@cache
def _words(sign: str) -> tuple[Word, ...]:
    return tuple(
        Word(
            row["id"],
            re.compile(expand(row["match"], _macros())),
            row["scope"],
            float(row.get("weight", 0.85)),
        )
        for row in _data(sign)
    )


@cache
def _none() -> tuple[tuple[str, re.Pattern[str], bool], ...]:
    return tuple(
        (row["id"], re.compile(expand(row["match"], _macros())), bool(row.get("strong"))) for row in _data("none")
    )


def _data(name: str) -> list[dict[str, str]]:
    found: list[dict[str, str]] = vocabulary.load("cues/stance")[name]
    return found
