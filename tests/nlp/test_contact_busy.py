import pytest

from tests.nlp.talk import said

TAG = "contact.busy"


@pytest.mark.parametrize(
    "lines",
    [
        ["C: 我在开会, 晚点再打吧"],
        ["C: 我正开车呢", "A: 那您先开车, 注意安全", "C: 好"],
        ["C: 现在不方便", "A: 好的, 那您先忙"],
        ["C: 我得挂了, 我要进手术室了"],
        ["C: 在医院陪我妈看病呢, 回头再说"],
    ],
)
def test_he_cannot_talk_now(lines: list[str]) -> None:
    assert said(TAG, "A: 您好, 我是客户经理", *lines) == [("affirmed", {})]


@pytest.mark.parametrize(
    "lines",
    [
        ["C: 我在开车, 没事你说"],
        ["C: 等下, 有人敲门", "A: 好", "C: 好了你说"],
        ["C: 我刚开完会, 你说吧"],
        ["C: 我平时上班开会多"],
        ["C: 好的, 再见"],
        ["C: 我同事在医院上班"],
        ["C: 没时间看盘, 股票就不做了"],
    ],
)
def test_he_can(lines: list[str]) -> None:
    assert said(TAG, "A: 您好, 我是客户经理", *lines) == []
