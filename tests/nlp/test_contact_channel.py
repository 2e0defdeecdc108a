import pytest

from tests.nlp.talk import said

TAG = "contact.channel"


@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        (["有事你微信跟我说就行"], [("affirmed", "wechat")]),
        (["以后有什么发短信吧"], [("affirmed", "sms")]),
        (["A: 方案发您微信还是邮箱?", "C: 发我邮箱吧"], [("affirmed", "email")]),
        (["别打电话, 发微信给我"], [("negated", "phone"), ("affirmed", "wechat")]),
        (["微信我从来不看的"], [("negated", "wechat")]),
        (["A: 资料发您微信?", "C: 微信别发, 有事还是打电话"], [("negated", "wechat"), ("affirmed", "phone")]),
        (["你到我公司来当面说吧"], [("affirmed", "in_person")]),
        (["就打家里座机, 这个号"], [("affirmed", "phone")]),
        (["发微信好, 电话里讲我记不牢的"], [("affirmed", "wechat")]),
    ],
)
def test_how_to_reach_him(lines: list[str], expected: list[tuple[str, str]]) -> None:
    assert sorted((p, v["channel"]) for p, v in said(TAG, *lines)) == sorted(expected)


@pytest.mark.parametrize(
    "lines",
    [
        ["A: 我微信上发您", "C: 好"],
        ["明天下午打给我"],
        ["我微信理财里还有五万"],
        ["上午别给我打电话"],
        ["华泰的人天天给我打电话"],
        ["你昨天发的短信我收到了"],
        ["别打我家里那个电话, 打手机"],
        ["微信里有人叫我买股票"],
    ],
)
def test_what_is_no_wish_how(lines: list[str]) -> None:
    assert said(TAG, *lines) == []


def test_in_a_chat_here_is_wechat() -> None:
    found = said(TAG, "别打电话, 就在这里说", channel="chat")
    assert ("affirmed", {"channel": "wechat"}) in found
