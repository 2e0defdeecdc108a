"""他 and 她: whose the money and the wishes are."""

import pytest

from tests.nlp.talk import said


@pytest.mark.parametrize(
    ("tag", "lines"),
    [
        ("funds.idle", ("C: 我同事买了雪球", "C: 他手上还有一百万闲钱没处放")),
        ("intent.product", ("C: 我表妹来问我", "C: 她想买点国债")),
        ("intent.permission", ("C: 帮我姐问一下", "C: 她还问养老金账户怎么开")),
        ("assets.external", ("C: 我们公司现在在浦发放了一千万",)),
    ],
)
def test_it_is_theirs(tag: str, lines: tuple[str, ...]) -> None:
    assert not said(tag, *lines)


@pytest.mark.parametrize(
    ("tag", "lines"),
    [
        ("funds.idle", ("C: 我老公也在听", "C: 他手上还有一百万闲钱没处放")),
        ("funds.idle", ("C: 我同事买了雪球", "C: 我手上还有一百万闲钱没处放")),
    ],
)
def test_it_is_his_own_or_the_households(tag: str, lines: tuple[str, ...]) -> None:
    assert said(tag, *lines)
