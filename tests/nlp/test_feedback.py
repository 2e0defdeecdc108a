import pytest

from tests.nlp.talk import said

TAG = "voice.feedback"


@pytest.mark.parametrize(
    ("line", "topic", "sentiment"),
    [
        ("你们佣金也太高了", "fee", "negative"),
        ("现在佣金真给降了, 不错", "fee", "positive"),
        ("你们那个app老是闪退", "app", "negative"),
        ("新版软件比以前好用", "app", "positive"),
        ("建议你们app加个夜间模式", "app", "suggestion"),
        ("客服打了半天没人接", "service", "negative"),
        ("你这人真靠谱, 挺负责的", "service", "positive"),
        ("一天到晚给我打电话推销", "disturbance", "negative"),
        ("你们推荐的那只基金亏了两成", "performance", "negative"),
        ("开个户手续太麻烦了", "process", "negative"),
        ("没想到这么快, 开户手续挺简单", "process", "positive"),
        ("多亏听了你的, 没追高", "advice", "positive"),
    ],
)
def test_what_he_says_of_us(line: str, topic: str, sentiment: str) -> None:
    assert ("affirmed", {"topic": topic, "sentiment": sentiment}) in said(TAG, "A: 您好", "C: 你好", f"C: {line}")


@pytest.mark.parametrize(
    "line",
    [
        "佣金是多少",
        "招行那边的app老是闪退, 他在那边",
        "我同事买基金亏了两成",
        "我自己瞎买的股票亏了",
        "大盘又跌了",
        "麻烦你帮我看看",
        "开户要什么手续",
        "银行天天打电话叫我买保险",
        "万一亏了怎么办",
    ],
)
def test_what_is_no_feedback(line: str) -> None:
    assert said(TAG, "A: 您好", "C: 你好", f"C: {line}") == []


def test_the_advisors_apology_tells_a_complaint() -> None:
    found = said(TAG, "A: 您好", "C: 你好", "A: 您说", "C: 密码弄了半天, 还是登录进去不得", "A: 实在抱歉, 给您添麻烦了")
    assert found == [("affirmed", {"topic": "app", "sentiment": "negative"})]
