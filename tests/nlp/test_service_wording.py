"""Leaving, promises, busy moments, channels and family facts in many words, and what only looks like them."""

from typing import Any

import pytest

from tests.nlp.talk import said

CHURN = {
    "close_account": [
        "我想把户销了, 怎么办理",
        "再这么骚扰我就把账户注销掉",
        "线上能销户吗, 帮我办一下",
        "这个户我不想留了, 给我销了吧",
        "来问下销户要带什么, 我打算下周去办",
    ],
    "transfer_out": [
        "我打算把股票都转到华泰去",
        "你们不降我就换一家券商",
        "准备把持仓挪到招商证券那边",
        "问下转托管怎么办, 我要转出去",
        "再不解决我把资产全部转走",
        "我想撤销指定交易",
    ],
    "withdraw": [
        "我把钱都取出来存银行算了",
        "账上的钱我下周要全部转走",
        "资金我准备提出来放银行那边去",
        "我要把剩下的钱全提走",
    ],
    "compare": [
        "东方财富给我万一免五, 你们还万二点五",
        "人家华泰两融才四个多点, 你们六个点",
        "我问了好几家, 都比你们低",
        "别家开户还送红包, 你们送什么",
        "中信那边的条件比你们好多了",
    ],
}
CHURN_NONE = [
    "我同事把户销了",
    "两融账户帮我关掉",
    "我去年从华泰转到你们这儿来的",
    "钱我取出来交首付",
    "我要把银行卡换一下",
    "信用卡我注销了",
    "以前在招商, 早就销了",
    "听说华泰佣金低, 是不是真的",
    "我把基金转换成另一只",
    "换个客户经理行不行",
    "转户麻烦不麻烦",
]


@pytest.mark.parametrize(("action", "line"), [(a, line) for a, lines in CHURN.items() for line in lines])
def test_he_may_leave(action: str, line: str) -> None:
    assert ("affirmed", {"action": action}) in said("churn.risk", "A: 您好", "C: 你好", f"C: {line}")


@pytest.mark.parametrize("line", CHURN_NONE)
def test_he_does_not_leave(line: str) -> None:
    assert said("churn.risk", "A: 您好", "C: 你好", f"C: {line}") == []


PROMISES = {
    "call_back": [
        "那我下午再给您打过来",
        "明天上午十点我给您去个电话",
        "我问清楚了马上回您",
        "有结果了我第一时间打给您",
        "这事儿我跟进一下, 周五给您答复",
        "那我晚点再联系您",
        "我核实一下, 稍后给您回话",
        "我查一下情况, 明天告诉您结果",
    ],
    "send_material": [
        "我把资料整理一下发您微信",
        "产品说明书我等会儿发给您",
        "回头我做个对比表给您",
        "方案明天下班前发到您邮箱",
        "链接我稍后短信推给您",
        "我给您寄一份纸质的过去",
    ],
    "process_business": [
        "我今天就给您提交申请",
        "佣金我马上给您调下来",
        "我帮您走一下费率优惠的流程",
        "这个我给您登记免打扰",
        "我跟领导打个申请, 给您降到万一",
        "我让后台把您的限制解除, 今天处理好",
    ],
    "meet": [
        "那我周三上午到您公司拜访您",
        "明天下午两点我在营业部等您",
        "我安排基金经理跟您当面聊聊",
        "后天上午我过去找您",
        "好, 那十五号上午我在柜台等您",
    ],
    "other": [
        "到期前我发消息提醒您",
        "您的建议我会反馈给产品部门",
        "我先帮您约上周三的名额",
        "我跟客服都交代一声",
        "有额度了我短信通知您",
        "我帮您盯着, 开放了通知您",
    ],
}
PROMISES_NONE = [
    "您可以自己在软件里提交",
    "好的, 记下了",
    "昨天我给您发过资料了",
    "系统会自动给您发短信",
    "需要的话您随时打我电话",
    "我们产品收益还不错的",
    "您先考虑考虑",
    "上次给您打电话您没接",
    "客服会给您回访",
    "您带身份证来柜台就能办",
    "投资有风险, 提醒您注意",
]


@pytest.mark.parametrize(("action", "line"), [(a, line) for a, lines in PROMISES.items() for line in lines])
def test_the_advisor_promises(action: str, line: str) -> None:
    found = said("commitment.advisor", "A: 您好", "C: 你好", "A: 嗯", "C: 那行吧", "C: 你说", f"A: {line}", "C: 好")
    assert action in [value["action"] for _, value in found]


@pytest.mark.parametrize("line", PROMISES_NONE)
def test_the_advisor_promises_nothing(line: str) -> None:
    talk = ["A: 您好", "C: 你好", "A: 嗯", "C: 那行吧", "C: 你说", f"A: {line}", "C: 好"]
    assert said("commitment.advisor", *talk) == []


BUSY: list[tuple[str, ...]] = [
    ("我在开会呢, 待会再说",),
    ("正开着车呢, 不方便说话",),
    ("在医院排队呢, 回头聊",),
    ("我这儿有客人, 先挂了",),
    ("孩子哭了, 先不说了",),
    ("上课呢, 晚点打给你",),
    ("我在飞机上马上起飞了, 落地再说",),
    ("现在没空, 你改天吧",),
    ("正忙着呢, 挂了啊",),
    ("在外面办事, 这会儿说不了",),
    ("领导叫我, 先这样",),
    ("手头有事走不开, 下午再打",),
]
BUSY_NONE = [
    "我平时上班忙",
    "下午要开会",
    "在家呢, 你说",
    "我在银行上班的",
    "没事, 你说吧, 不忙",
    "开会的时候别打给我",
    "我昨天在医院",
    "那就这样, 再见",
]


@pytest.mark.parametrize("lines", BUSY)
def test_he_cannot_talk_now(lines: tuple[str, ...]) -> None:
    talk: list[Any] = ["A: 您好, 我是您的客户经理", *(f"C: {line}" for line in lines), "A: 好的, 那您先忙"]
    assert said("contact.busy", *talk) == [("affirmed", {})]


@pytest.mark.parametrize("line", BUSY_NONE)
def test_he_can_talk_now(line: str) -> None:
    assert said("contact.busy", "A: 您好", "C: 你好", "A: 跟您聊聊理财", f"C: {line}", "A: 好的") == []


CHANNELS = {
    "wechat affirmed": ["有事微信上说就行", "加我微信吧", "以后微信联系", "你发我微信", "微信给我留言就好"],
    "wechat negated": ["微信我不看的", "别发微信, 我不用那个"],
    "phone negated": ["别老打电话, 发消息就行", "电话就不用打了, 有事发短信", "别给我打电话"],
    "phone affirmed": ["别发微信, 直接打电话", "有事打电话吧, 短信我看不见"],
    "sms affirmed": ["发短信就行", "有什么事发个短信"],
    "sms negated": ["短信别发了, 从来不看"],
    "email affirmed": ["发邮箱吧", "资料发我邮件就可以", "走邮件"],
    "in_person affirmed": ["我还是去你们营业部当面聊吧", "你来我公司一趟, 当面说"],
    "app affirmed": ["软件里弹个消息就行"],
}
CHANNELS_NONE = [
    "我微信里有两万块理财",
    "短信我收到了",
    "我电话没换",
    "骗子老给我打电话",
    "我朋友微信上推荐的",
    "电话里听不清",
]


@pytest.mark.parametrize(("value", "line"), [(v, line) for v, lines in CHANNELS.items() for line in lines])
def test_how_to_reach_him(value: str, line: str) -> None:
    channel, polarity = value.split()
    assert (polarity, {"channel": channel}) in said("contact.channel", "A: 您好", "C: 你好", "A: 嗯", f"C: {line}")


@pytest.mark.parametrize("line", CHANNELS_NONE)
def test_no_wish_how_to_reach_him(line: str) -> None:
    assert said("contact.channel", "A: 您好", "C: 你好", "A: 嗯", f"C: {line}") == []


FAMILY = {
    "spouse": [
        "这个得跟我爱人商量一下",
        "家里钱都是我老婆管",
        "我老公不让我买股票",
        "我先生比较保守, 不喜欢有风险的",
        "我们两口子商量商量再定",
        "得问问家里那位同不同意",
        "我媳妇怀孕了, 得留点钱",
    ],
    "child": ["我儿子明年结婚, 要准备彩礼", "闺女下个月生孩子, 我得去帮忙带", "想给孩子留一笔钱", "备孕呢, 钱得留着"],
    "child_education": [
        "孩子明年要出国留学",
        "女儿上国际学校, 一年学费二十万",
        "儿子高三了, 马上上大学",
        "想给娃存点教育金",
    ],
    "parent_care": [
        "我妈住院了, 得用钱",
        "每个月要给爸妈请护工",
        "父母年纪大了, 得留点钱看病",
        "老爷子在养老院, 一个月八千",
    ],
    "house_purchase": ["我打算明年换套大点的房子", "这钱要付首付的", "在看房呢, 年底想买", "看中了一套学区房"],
    "retirement": ["我明年就退休了", "我都退休三年了", "还有两年到站", "办了内退了", "这是我的养老钱"],
}
FAMILY_NONE = [
    "我去接孩子了",
    "我老婆在旁边看电视",
    "我同事孩子出国了",
    "不买房, 没那个打算",
    "我们领导要签字",
    "邻居家老太太住院了",
    "个人养老金账户怎么开",
    "我一个老太婆懂什么",
    "我以前是老师",
]


@pytest.mark.parametrize(("clue", "line"), [(c, line) for c, lines in FAMILY.items() for line in lines])
def test_family_facts(clue: str, line: str) -> None:
    assert ("affirmed", {"clue": clue}) in said("family.clue", "A: 您好", "C: 你好", "A: 嗯", f"C: {line}")


@pytest.mark.parametrize("line", FAMILY_NONE)
def test_no_family_fact(line: str) -> None:
    assert said("family.clue", "A: 您好", "C: 你好", "A: 嗯", f"C: {line}") == []
