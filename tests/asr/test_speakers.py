import pytest

from asr.speakers import channel_roles, guess, role_of_label
from dongke.types import Speaker

ADVISOR, CUSTOMER = Speaker.ADVISOR, Speaker.CUSTOMER


def test_channels() -> None:
    assert channel_roles() == (ADVISOR, CUSTOMER)
    assert channel_roles(1) == (CUSTOMER, ADVISOR)


@pytest.mark.parametrize(
    ("label", "role"),
    [
        ("投资顾问", ADVISOR),
        ("坐席 01", ADVISOR),
        ("Agent", ADVISOR),
        ("客户经理", ADVISOR),
        ("客户", CUSTOMER),
        ("客户：", CUSTOMER),
        ("CUSTOMER_1", CUSTOMER),
        ("SPEAKER_00", None),
        ("0", None),
        ("李女士", None),
        (None, None),
        (1, None),
    ],
)
def test_labels(label: object, role: Speaker | None) -> None:
    assert role_of_label(label) is role


@pytest.mark.parametrize(
    ("text", "before", "role"),
    [
        ("您好，我是东海证券的客户经理小王", None, ADVISOR),
        ("你们那边佣金太高了，我想问一下能不能降", ADVISOR, CUSTOMER),
        ("五十万吧", CUSTOMER, CUSTOMER),
        ("五十万吧", None, ADVISOR),
    ],
)
def test_guess(text: str, before: Speaker | None, role: Speaker) -> None:
    assert guess(text, before) is role
