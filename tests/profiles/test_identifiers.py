"""The kinds of identifiers: which values are taken, which name nobody, and how they are shown."""

import re

import pytest

from dongke.errors import BadInput
from profiles.identity import identifiers
from profiles.identity.identifiers import kind_of, masked, normalised, registry

MOBILE = "139" + "0000" + "1234"


@pytest.mark.parametrize(
    ("kind", "value", "plain"),
    [
        ("phone", f"+86 {MOBILE[:3]}-{MOBILE[3:7]}-{MOBILE[7:]}", MOBILE),
        ("phone", f"0086{MOBILE}", MOBILE),
        ("phone", "１３９０００01234", MOBILE),
        ("phone", "(021) 5888 1234", "02158881234"),
        ("email", " Wang.Li@Corp.CN ", "wang.li@corp.cn"),
        ("fund_account", "8800 1234 5678", "880012345678"),
        ("id_number", "11010119900307123x", "11010119900307123X"),
        ("idfa", "6d92078a-8246-4ba4-ae5b-76104861e7dc", "6D92078A-8246-4BA4-AE5B-76104861E7DC"),
        ("external_userid", "wmDemo6Q8LCdqQIrid6a7s", "wmDemo6Q8LCdqQIrid6a7s"),
        ("anonymous_id", "17f2c-4ab", "17f2c-4ab"),
        ("customer_id", "000000", "000000"),
    ],
)
def test_one_person_is_written_one_way(kind: str, value: str, plain: str) -> None:
    assert normalised(kind, value) == plain
    assert normalised(kind, plain) == plain


@pytest.mark.parametrize(
    "value",
    [
        *("0000000", "-1", "null", "None", "N/A", "undefined", "anonymous", "Guest", "test", "TEST01", "游客"),
        *("00000000-0000-0000-0000-000000000000", "111111111", "${device_id}", "%uuid%", "[object Object]"),
        *("***", "139****1234"),
    ],
)
def test_values_that_name_nobody_are_blocked_with_the_reason(value: str) -> None:
    for kind in registry().kinds:
        if kind != "customer_id":
            with pytest.raises(BadInput, match=r"identifier-blocked: .+: .+"):
                normalised(kind, value)


@pytest.mark.parametrize(
    ("kind", "value"),
    [
        ("phone", "13800138000"),
        ("phone", "138-0013-8000"),
        ("phone", "95523"),
        ("phone", "4008881234"),
        ("email", "test@corp.cn"),
        ("email", "wang@example.com"),
        ("device", "9774d56d682e549c"),
        ("device", "unknown-android"),
    ],
)
def test_values_known_to_be_nobodys_are_blocked(kind: str, value: str) -> None:
    with pytest.raises(BadInput, match="identifier-blocked"):
        normalised(kind, value)


@pytest.mark.parametrize(
    ("kind", "value"),
    [
        ("phone", "12"),
        ("phone", "电话"),
        ("phone", "12900001234"),
        ("phone", "13900001234转8"),
        ("email", "wang.corp.cn"),
        ("email", "a@b@c.cn"),
        ("fund_account", "12-34"),
        ("idfa", "6D92078A"),
        ("openid", ""),
        ("openid", "xy" * 101),
        ("device", "a\0bcdefg"),
        ("微博", "abc"),
    ],
)
def test_what_is_no_value_of_the_kind_is_invalid(kind: str, value: str) -> None:
    with pytest.raises(BadInput, match="identifier-invalid"):
        normalised(kind, value)


@pytest.mark.parametrize(
    ("kind", "value", "shown"),
    [
        ("phone", MOBILE, "139****1234"),
        ("phone", "58881234", "58****34"),
        ("email", "wang@corp.cn", "w***@corp.cn"),
        ("openid", "oAbc", "o****c"),
        ("openid", "oA", "**"),
        ("device", "A1B2C3", "A1B2C3"),
        ("unheard-of", "abcdefgh", "ab****gh"),
    ],
)
def test_personal_ones_are_shown_masked(kind: str, value: str, shown: str) -> None:
    assert masked(kind, value) == shown


def test_every_kind_has_its_reason_and_its_own_priority() -> None:
    kinds = registry().kinds
    assert list(kinds)[:3] == ["customer_id", "fund_account", "id_number"]
    assert list(kinds)[-1] == "anonymous_id"
    assert kind_of("customer_id").limit == 1
    for kind in kinds.values():
        assert re.search("[一-龥]", kind.label + kind.why)
        assert kind.limit > 0
        assert all(b.reason for b in kind.blocked)
        assert not (kind.personal and kind.succession == "joint"), "a personal number has one holder at a time"


def test_a_table_that_cannot_be_read_is_one_clear_error(tmp_path: object, monkeypatch: pytest.MonkeyPatch) -> None:
    for text in ("kinds: {}", "kinds: [", "version: 1\nblocked: []\nkinds: {a: {pattern: '['}}"):
        file = identifiers.Path(str(tmp_path)) / "identifiers.yaml"
        file.write_text(text, encoding="utf-8")
        monkeypatch.setattr(identifiers, "FILE", file)
        registry.cache_clear()
        with pytest.raises(BadInput, match="identifiers-invalid"):
            registry()
    monkeypatch.undo()
    registry.cache_clear()
