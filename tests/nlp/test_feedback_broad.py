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

MORE = {
    "service negative": [
        "都三个月了连个电话都没有",
        "开户的时候热情得很, 现在理都不理",
        "每次问你们都推来推去",
        "我找你们客户经理找了一个礼拜",
        "服务跟不上啊你们",
        "你们说话怎么不算数",
        "上次说好的礼品到现在没给",
        "钱少就不待见呗",
        "你们这服务真不敢恭维",
        "客服说的跟你说的不一样",
        "我留言三天了也没人吱声",
    ],
    "app negative": [
        "你们那个软件登录要输三遍密码",
        "手机上老是弹出来广告",
        "行情延迟得厉害",
        "你们交易系统昨天又崩了",
        "k线图加载半天出不来",
        "这软件太费劲了",
        "更新以后更卡了",
        "转账转了半天没到账",
        "银证转账老失败",
    ],
    "fee negative": ["佣金能不能低点, 太贵了", "一年光利息就要交好几万", "你们收费也不便宜啊", "凭啥老客户比新客户贵"],
    "performance negative": [
        "你推的那个基金现在亏百分之二十了",
        "组合都跌成什么样了",
        "你们那个固收加怎么还亏钱了",
        "跟着你们操作亏了十来万",
        "那只基金买了两年一分没赚",
    ],
    "disturbance negative": ["一上午接了你们三个电话", "天天推产品, 烦都烦死了", "怎么又是你们, 都打几遍了"],
    "process negative": ["风险测评做了三遍", "材料寄过去又说不行", "排了一个多小时的队", "就销个户你们要我跑两趟"],
    "advice negative": ["你当初可不是这么说的", "你们就会推荐自己家产品"],
    "advice positive": ["你上回提醒得及时", "听你的减仓减对了", "多亏你当时劝我没买"],
    "service positive": ["你们营业部的小姑娘态度真好", "有你在我放心", "你比之前那个经理强多了"],
    "performance positive": [
        "你推荐的那只赚了两个点",
        "这半年收益还可以, 挺满意",
        "上次买的那个到期了, 收益不错",
        "组合今年涨了百分之八",
    ],
    "process positive": ["你们办得真快", "开户挺方便的, 几分钟就好了", "流程比以前简单多了"],
    "app positive": ["你们app挺好用的", "新出的功能不错, 很实用"],
    "app suggestion": ["软件上要是能看到每天盈亏就好了", "能不能加个价格提醒"],
    "service suggestion": ["希望你们定期给我发个报告", "能不能有个固定的人对接我", "直播能不能安排在晚上"],
}


@pytest.mark.parametrize(
    ("value", "line"), [(value, line) for table in (SAID, MORE) for value, lines in table.items() for line in lines]
)
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
