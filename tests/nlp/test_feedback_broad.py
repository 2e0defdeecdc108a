"""Complaints, praise and wishes in many words, subject by subject, and what only looks like them."""

import pytest

from tests.nlp.talk import said

TAG = "voice.feedback"
SAID = {
    "fee negative": [
        "你们这管理费也太高了, 一年一个半点",
        "两融利息扛不住了, 比别家高一大截",
        "我亏成这样你们还照样收管理费",
        "赚那点钱都给你们打工了",
        "手续费收得我心疼",
    ],
    "fee positive": ["费率比以前低了, 挺良心的"],
    "fee suggestion": ["建议你们投顾费按收益收, 赚了再收"],
    "app negative": [
        "你们软件一到开盘就卡成翻书",
        "登录半天登不进去",
        "行情慢半拍, 没法盯盘",
        "条件单又没反应, 白等了",
        "自选股找不着了, 越改越难用",
        "验证码一直收不到",
        "人脸识别刷了五遍都过不去",
    ],
    "app positive": ["新版界面清爽多了", "你们这个条件单真好用"],
    "app suggestion": ["希望你们软件能加个语音播报", "自选股能不能支持分组显示", "最好能出个大字版的界面"],
    "service negative": [
        "客户经理换了好几个, 没一个主动联系我的",
        "你们热线打了半天都没人接",
        "柜台那个态度真差, 爱答不理的",
        "反映了三次都没人处理",
        "签完字就找不着人了",
        "你们客服一问三不知, 踢皮球",
    ],
    "service positive": [
        "你们柜台那个姑娘特别耐心",
        "上回的讲座很好, 听得懂",
        "你这人办事挺负责的",
        "谢谢你这么晚还专门跑一趟",
    ],
    "service suggestion": ["希望你们多办几场线下沙龙"],
    "disturbance negative": [
        "一天到晚给我发短信, 烦死了",
        "这礼拜给我打了五个电话",
        "推送太多了, 手机响个不停",
        "午睡老被你们电话吵醒",
        "说过三遍了还打",
    ],
    "performance negative": [
        "你们推荐的那个产品亏了三成",
        "在你们这买的基金套了两年了",
        "跟着你们买的组合还不如存银行",
        "你给我配的那只跌得没法看",
    ],
    "performance positive": ["你给我推的那只涨了不少", "在你们这买的固收赚了八千多"],
    "process negative": [
        "开个权限跑了三趟营业部",
        "你们审核太慢了, 等了一个礼拜",
        "视频见证录了四遍都不通过",
        "改个手机号还非要本人去柜台, 折腾人",
        "材料交了又退回来, 反反复复",
    ],
    "process positive": ["没想到开户这么快, 十分钟就办好了", "你们销户流程挺顺利"],
    "advice negative": ["你推荐的就没一个靠谱的", "听了你的追高, 站岗站到现在", "你们研报没用, 老是马后炮"],
    "advice positive": ["你的建议真准, 躲过一劫", "多亏听你的减了仓, 不然套牢了", "这份方案做得很专业"],
}


@pytest.mark.parametrize(("value", "line"), [(value, line) for value, lines in SAID.items() for line in lines])
def test_each_subject_in_many_words(value: str, line: str) -> None:
    topic, sentiment = value.split()
    assert ("affirmed", {"topic": topic, "sentiment": sentiment}) in said(TAG, "A: 您好", "C: 你好", f"C: {line}")


@pytest.mark.parametrize(
    "line",
    [
        "手续麻烦吗",
        "管理费高不高",
        "怕手续麻烦",
        "银行的软件老是闪退",
        "我同事说他那个组合亏了不少",
        "我那只票又跌了",
        "我自己瞎买的基金亏了",
        "k线我看不懂",
        "新股中了一签赚了八千",
        "你先忙, 辛苦你了",
        "这个要排队吗",
        "娃天天给我打视频",
        "别家经理换了好几个",
        "小区那个老太太买基金亏了",
        "要是亏了怎么办",
        "听说私募去年赚了四十个点",
        "天天给我发贷款短信",
    ],
)
def test_what_is_no_verdict_on_us(line: str) -> None:
    assert said(TAG, "A: 您好", "C: 你好", f"C: {line}") == []


def test_the_advisor_names_the_trouble_and_he_says_yes() -> None:
    found = said(TAG, "A: 您好", "C: 你好", "A: 是不是软件卡得厉害?", "C: 对对")
    assert found == [("affirmed", {"topic": "app", "sentiment": "negative"})]


def test_a_question_of_the_advisors_that_he_denies_is_none() -> None:
    assert said(TAG, "A: 您好", "C: 你好", "A: 是不是软件卡得厉害?", "C: 没有没有") == []
