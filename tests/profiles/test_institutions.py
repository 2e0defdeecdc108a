"""One institution under many names – and two that only look alike."""

import pytest

from profiles.institutions import canonical, is_same


@pytest.mark.parametrize(
    ("written", "name"),
    [
        ("招行", "招商银行"), ("招商银行股份有限公司", "招商银行"), ("中国工商银行", "工商银行"),
        (" 招 行 ", "招商银行"), ("中国银行", "中国银行"), ("中行", "中国银行"), ("招商证券", "招商证券"),
        ("平安", "平安"),  # a bank, a broker and an insurer share it
        ("某某小贷有限公司", "某某小贷"), ("", None), ("有限公司", None), (5, None), (None, None),
    ],
)  # fmt: skip
def test_the_usual_short_name(written: object, name: str | None) -> None:
    assert canonical(written) == name


def test_two_institutions_that_look_alike() -> None:
    assert is_same("招行", "招商银行")
    assert not is_same("招商银行", "招商证券")
    assert not is_same("中国银行", "中国工商银行")
    assert not is_same(None, None)
