import json
from pathlib import Path

import pytest

from asr import roles
from asr.roles import Channels
from dongke.types import Speaker

CALLS = Path(__file__).parents[2] / "samples" / "calls"
ADVISOR, CUSTOMER = Speaker.ADVISOR, Speaker.CUSTOMER
TALK = [
    "您好，我是滨海证券的客户经理小周，工号三零二一",
    "嗯，你说吧",
    "想跟您说一下，您账户里的理财下周到期",
    "我老公管钱，我不太懂，你们那个新债我想问问",
    "好的，我给您发资料，您看可以吗",
    "行，你发我微信上",
]


@pytest.mark.parametrize("text", TALK[::2])
def test_advisors_speak_so(text: str) -> None:
    assert roles.evidence(text) > 1


@pytest.mark.parametrize("text", TALK[1::2])
def test_customers_speak_so(text: str) -> None:
    assert roles.evidence(text) < -1


@pytest.mark.parametrize("text", ["五十万", "好的", "再见", "嗯", "下午三点", ""])
def test_these_could_be_anybody(text: str) -> None:
    assert abs(roles.evidence(text)) < 1


def test_channels_that_fit_swapped_ones_and_those_that_tell_nothing() -> None:
    assert roles.channels(TALK[::2], TALK[1::2]) is Channels.KEPT
    assert roles.channels(TALK[1::2], TALK[::2]) is Channels.SWAPPED
    assert roles.channels(TALK[3:4], TALK[:1]) is Channels.DOUBTED  # two lines are too few to swap by
    assert roles.channels([], TALK[:1]) is Channels.KEPT
    assert roles.channels(["好的", "五十万"], ["再见"]) is Channels.KEPT
    assert roles.channels([], []) is Channels.KEPT


def test_one_odd_sentence_swaps_nothing() -> None:
    advisor = [*TALK[::2], "你们系统又卡了，我也登不上，你说吧"]
    assert roles.channels(advisor, [*TALK[1::2], "您看我这样行吗"]) is Channels.KEPT


def test_the_sample_calls_are_kept_and_swapped_back() -> None:
    told = [json.loads(path.read_text())["utterances"] for path in sorted(CALLS.glob("*.json"))]
    said = [
        [[u["text"] for u in talk if u["speaker"] == who] for who in ("advisor", "customer")] for talk in told if talk
    ]
    assert len(said) > 40
    assert {roles.channels(advisor, customer) for advisor, customer in said} == {Channels.KEPT}
    assert {roles.channels(customer, advisor) for advisor, customer in said} == {Channels.SWAPPED}


def test_voices_get_their_roles() -> None:
    cast = roles.cast([3.0, -3.0] * 3, 1.0, TALK)
    assert cast.speakers == (ADVISOR, CUSTOMER) * 3
    assert min(cast.sure) > 0.8
    assert roles.cast([-3.0, 3.0] * 3, 1.0, TALK).speakers == cast.speakers  # which voice is the first is chance


def test_voices_that_have_nothing_to_do_with_the_words_are_not_believed() -> None:
    mixed = roles.cast([3.0, 3.0, -3.0, -3.0, 3.0, 3.0], 1.0, TALK)
    assert mixed.whole < 0.3
    assert max(roles.cast([3.0, -3.0] * 3, 0.1, TALK).sure) < 0.2  # one voice, for all that the sound tells
    assert max(roles.cast([3.0, -3.0], 1.0, ["好的", "再见"]).sure) < 0.8  # nothing was said that tells


def test_a_line_that_its_voice_does_not_tell_is_less_sure() -> None:
    sure = roles.cast([3.0, -3.0] * 3 + [0.1], 1.0, [*TALK, "五十万"]).sure
    assert sure[-1] < 0.6 < min(sure[:-1])
