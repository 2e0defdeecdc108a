import pytest

from tests.nlp.talk import said

TAG = "commitment.advisor"


@pytest.mark.parametrize(
    ("lines", "action", "due"),
    [
        (["C: 行", "A: 好的, 那我明天下午三点给您打电话", "C: 好"], "call_back", "2026-06-11"),
        (["C: 你查一下", "A: 我去核实, 核实清楚了回您电话", "C: 嗯"], "call_back", None),
        (["C: 发我看看", "A: 今晚我把对比表发给您", "C: 好"], "send_material", "2026-06-10"),
        (["C: 可以", "A: 行, 我周五之前整理一份方案给您", "C: 好的"], "send_material", "2026-06-12"),
        (["C: 那你给我调", "A: 我今天就给您提交申请, 把佣金调下来", "C: 行"], "process_business", "2026-06-10"),
        (["C: 你哪天来", "A: 那我下周二上午去您公司拜访", "C: 可以"], "meet", "2026-06-16"),
        (["C: 到时候叫我一声", "A: 开售了我微信提醒您", "C: 好"], "other", None),
        (["C: 这功能不好用", "A: 您的建议我反馈给产品部门", "C: 嗯"], "other", None),
        (["C: 我记不住", "A: 到期前一天我打电话提醒您", "C: 好"], "call_back", None),
    ],
)
def test_what_the_advisor_promises(lines: list[str], action: str, due: str | None) -> None:
    assert said(TAG, "A: 您好", "C: 你好", "A: 跟您说个事", "C: 说吧", *lines) == [
        ("affirmed", {"action": action, "due_date": due})
    ]


@pytest.mark.parametrize(
    "lines",
    [
        ["A: 我现在帮您看一下", "C: 好"],
        ["A: 好的, 记下了", "C: 嗯"],
        ["A: 我把资料发您微信?", "C: 不用发, 我不看"],
        ["A: 刚才给您发过去了", "C: 收到"],
        ["A: 您把身份证发给我", "C: 好"],
        ["A: 您自己在软件上提交申请就行", "C: 好"],
        ["C: 我明天给你打电话", "A: 好的"],
        ["A: 上次给您打过电话", "C: 记得"],
        ["A: 系统会自动给您发短信的", "C: 好"],
    ],
)
def test_what_is_no_promise(lines: list[str]) -> None:
    assert said(TAG, "A: 您好", "C: 你好", "A: 跟您说个事", "C: 说吧", *lines) == []


def test_one_promise_said_twice_is_one_with_the_last_date() -> None:
    found = said(TAG, "A: 您好", "C: 嗯", "A: 我给您做个方案发您", "C: 什么时候给我", "A: 周五之前", "C: 行")
    assert found == [("affirmed", {"action": "send_material", "due_date": "2026-06-12"})]


def test_two_kinds_of_promises_are_two() -> None:
    found = said(TAG, "A: 您好", "C: 嗯", "A: 资料我今天发您, 周五再给您打电话", "C: 好")
    assert {value["action"] for _, value in found} == {"send_material", "call_back"}
