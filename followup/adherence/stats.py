"""会话的样子 (互动统计): who spoke how much, how long at a stretch, who asked, who waited – facts, no judgement (pure).

By time where every utterance has its times, else by characters; which of the two is said with the figures.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from statistics import median
from typing import Any

from dongke.types import Channel, Speaker, Utterance
from followup.adherence.lexicon import Lexicon
from followup.history import Contact

CHARS_PER_MINUTE = 240  #: of spoken Chinese, where no times are known


@dataclass(frozen=True, slots=True)
class Stretch:
    """一口气: the turns that one side spoke without the other between."""

    speaker: Speaker
    turns: tuple[int, ...]
    chars: int
    seconds: float | None


@dataclass(frozen=True, slots=True)
class Stats:
    """互动统计 of one talk. None where the talk does not say."""

    basis: str  #: time, chars
    minutes: float
    advisor_share: float | None  #: 说话占比 of the advisor, 0–1
    longest_monologue: Stretch | None  #: of the advisor
    questions: tuple[int, ...]  #: the advisor's
    customer_questions: tuple[int, ...]
    switches_per_minute: float | None  #: 互动频率
    patience_seconds: float | None  #: median wait before the advisor speaks after the customer
    interruptions: tuple[int, ...]  #: turns in which he began before the customer had ended
    first_product_by: str | None  #: 谁先提产品
    risk_to_offer_turns: int | None  #: 风险揭示到推荐的间隔: positive where the risk came first

    def to_json(self) -> dict[str, Any]:
        longest = self.longest_monologue
        return {
            "basis": self.basis,
            "minutes": round(self.minutes, 2),
            "advisor_share": None if self.advisor_share is None else round(self.advisor_share, 3),
            "longest_monologue": longest
            and {"turns": list(longest.turns), "chars": longest.chars, "seconds": longest.seconds},
            "questions": list(self.questions),
            "customer_questions": list(self.customer_questions),
            "switches_per_minute": None if self.switches_per_minute is None else round(self.switches_per_minute, 2),
            "patience_seconds": self.patience_seconds,
            "interruptions": list(self.interruptions),
            "first_product_by": self.first_product_by,
            "risk_to_offer_turns": self.risk_to_offer_turns,
        }


def stats(talk: Contact, words: Lexicon) -> Stats:
    """The figures of one talk."""
    turns = talk.utterances
    timed = is_timed(turns)
    minutes = minutes_of(talk)
    mine = [s for s in stretches(turns) if s.speaker is Speaker.ADVISOR]
    waits = list(_waits(turns)) if timed else []
    return Stats(
        basis="time" if timed else "chars",
        minutes=minutes,
        advisor_share=_share(turns, timed),
        longest_monologue=max(mine, key=lambda s: (s.seconds or 0.0, s.chars, -s.turns[0]), default=None),
        questions=_asking(turns, Speaker.ADVISOR, words),
        customer_questions=_asking(turns, Speaker.CUSTOMER, words),
        switches_per_minute=sum(1 for _ in stretches(turns)) / minutes if minutes else None,
        patience_seconds=round(median(max(w, 0.0) for _, w in waits), 2) if waits else None,
        interruptions=tuple(n for n, wait in waits if wait < 0),
        first_product_by=next((t.speaker.value for t in turns if words.has("product", t.text)), None),
        risk_to_offer_turns=_risk_to_offer(turns, words),
    )


def is_timed(turns: Sequence[Utterance]) -> bool:
    """Whether every utterance has its times."""
    return bool(turns) and all(t.start_ms is not None and t.end_ms is not None for t in turns)


def minutes_of(talk: Contact) -> float:
    """How long it was spoken: the talk's length of a call, by the characters of a chat."""
    if talk.channel is Channel.CALL and talk.seconds > 0:
        return talk.seconds / 60
    return sum(len(t.text) for t in talk.utterances) / CHARS_PER_MINUTE


def stretches(turns: Sequence[Utterance]) -> Iterator[Stretch]:
    """The turns in groups of one speaker; empty ones (revoked) belong to nobody."""
    spoken = [(n, t) for n, t in enumerate(turns) if t.text.strip()]
    start = 0
    for place in range(1, len(spoken) + 1):
        if place == len(spoken) or spoken[place][1].speaker is not spoken[start][1].speaker:
            group = spoken[start:place]
            yield Stretch(
                group[0][1].speaker, tuple(n for n, _ in group), sum(len(t.text) for _, t in group), _seconds(group)
            )
            start = place


def _seconds(group: Sequence[tuple[int, Utterance]]) -> float | None:
    first, last = group[0][1].start_ms, group[-1][1].end_ms
    return None if first is None or last is None else round((last - first) / 1000, 1)


def _share(turns: Sequence[Utterance], timed: bool) -> float | None:
    def weight(t: Utterance) -> int:
        return max((t.end_ms or 0) - (t.start_ms or 0), 0) if timed else len(t.text)

    whole = sum(weight(t) for t in turns)
    return sum(weight(t) for t in turns if t.speaker is Speaker.ADVISOR) / whole if whole else None


def _asking(turns: Sequence[Utterance], speaker: Speaker, words: Lexicon) -> tuple[int, ...]:
    return tuple(n for n, t in enumerate(turns) if t.speaker is speaker and words.has("question", t.text))


def _waits(turns: Sequence[Utterance]) -> Iterator[tuple[int, float]]:
    """(turn, seconds) between the customer's end and the advisor's begin; below zero where he cut in."""
    for n in range(1, len(turns)):
        before, after = turns[n - 1], turns[n]
        if before.speaker is Speaker.CUSTOMER and after.speaker is Speaker.ADVISOR:
            yield n, ((after.start_ms or 0) - (before.end_ms or 0)) / 1000


def _risk_to_offer(turns: Sequence[Utterance], words: Lexicon) -> int | None:
    mine = [(n, t.text) for n, t in enumerate(turns) if t.speaker is Speaker.ADVISOR]
    risk = next((n for n, text in mine if words.warns(text)), None)
    offered = next((n for n, text in mine if words.offers(text)), None)
    return None if risk is None or offered is None else offered - risk
