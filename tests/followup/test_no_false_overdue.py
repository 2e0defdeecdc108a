"""No false 逾期: whatever else happens around it, who spoke of it in time is never overdue; who did not, is."""

import random
from datetime import timedelta
from typing import Any

import pytest

from dongke.types import Channel

WISH = ("intent.permission", {"permission": "margin"})
ABOUT = ("A: 您要开的两融, 门槛是五十万。", "C: 两融的利率是多少?", "A: 五个多点。", "C: 那我想想两融。")
OTHER = (
    ("A: 今天大盘不错。", "C: 是啊, 涨了不少。"),
    ("A: 期权要考试。", "C: 期权考试难吗?"),
    ("A: 两融门槛五十万。", "C: 嗯。"),
    ("A: 您好, 打错了。", "C: 没事。"),
)
UNTIL = "06-25 09:00"
DUE = "06-09 17:30"


def noise(life: Any, chance: random.Random) -> None:
    """Things that change nothing: before and after, by others, about something else."""
    for _ in range(chance.randint(0, 6)):
        day, hour = chance.choice(("08", "09", "10", "15")), chance.randint(11, 22)
        when = f"06-{day} {hour:02}:{chance.randint(0, 59):02}"
        kind = chance.choice(("other", "stranger", "short", "attempt", "note", "view", "order", "unanswered"))
        if kind == "other":
            life.talk(when, *chance.choice(OTHER))
        elif kind == "stranger":
            life.talk(when, *ABOUT, advisor_id="A9")
        elif kind == "short":
            life.talk(when, *ABOUT, seconds=chance.randint(1, 29))
        elif kind == "attempt":
            life.attempt(when, chance.choice(("A1", "D1", "A9")))
        elif kind == "note":
            life.note(when, "上门谈了两融。")
        elif kind == "view":
            life.event(when, "page_view", page="两融")
        elif kind == "order":
            life.event(when, "trade", side="buy", product="bond_fund", amount=1000)
        else:
            life.talk(when, *ABOUT, answered=False)


def proof(life: Any, chance: random.Random) -> None:
    """A talk of it by the owner or his deputy, in time; perhaps known only days later."""
    when = chance.choice(("06-08 10:31", "06-08 23:10", "06-09 07:00", "06-09 12:15", "06-09 17:30"))
    late = {"known_at": life.moment(chance.choice(("06-10 03:00", "06-20 03:00")))} if chance.random() < 0.5 else {}
    channel = chance.choice((Channel.CALL, Channel.CHAT))
    life.talk(when, *ABOUT, advisor_id=chance.choice(("A1", "D1")), channel=channel, **late)


@pytest.mark.parametrize("seed", range(60))
def test_who_spoke_of_it_in_time_is_not_overdue(life: Any, seed: int) -> None:
    chance = random.Random(seed)
    life.talk("06-08 10:00", "C: 我想开两融。", tags=(WISH,))
    noise(life, chance)
    nobody = life.only(UNTIL)
    assert nobody.overdue is True  # the noise alone is no follow-up …
    assert nobody.discharged_at is None
    proof(life, chance)
    if chance.random() < 0.5:
        life.owner("06-12 09:00", "A2")  # … a new owner afterwards takes nothing away
    found = life.only(UNTIL)
    assert (found.overdue, found.state.value) == (False, "discussed")
    assert found.discharged_at is not None
    assert found.discharged_at <= life.moment(DUE)


@pytest.mark.parametrize("seed", range(20))
def test_before_its_time_nothing_is_overdue(life: Any, seed: int) -> None:
    chance = random.Random(seed)
    life.talk("06-08 10:00", "C: 我想开两融。", tags=(WISH,))
    noise(life, chance)
    assert life.only("06-09 17:29").overdue is False
    assert life.only("06-09 17:30").overdue is True
    assert life.only(DUE).due_at - life.moment("06-08 10:00") == timedelta(days=1, hours=7, minutes=30)
