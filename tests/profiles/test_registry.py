"""No tag without owner, purpose and expiry; no use that the register does not allow; the docs say what it says."""

import copy
from pathlib import Path
from typing import Any

import pytest
import yaml

from api.cli_tags import used
from dongke.errors import BadInput
from nlp.registry import RECOGNIZERS
from profiles.features import features
from profiles.registry import FEATURE, FILE, TAG, lint, lint_file, markdown, registry, tag_names

DOCS = Path(__file__).parent.parent.parent / "docs"
RAW = yaml.safe_load(FILE.read_text(encoding="utf-8"))


def _changed(name: str, section: str = "tags", **parts: Any) -> dict[str, Any]:
    raw = copy.deepcopy(RAW)
    raw[section][name] = {k: v for k, v in (raw[section][name] | parts).items() if v is not None}
    return raw  # type: ignore[no-any-return]


def test_the_register_of_the_service_has_no_fault() -> None:
    assert lint_file(FILE, used()) == []


def test_every_tag_that_is_recognized_is_registered() -> None:
    assert {r.tag for r in RECOGNIZERS} == set(tag_names())


def test_features_are_called_what_the_page_calls_them(facts: Any, at: Any) -> None:
    computed = {name: f.label for name, f in features(facts(), at("06-10")).items()}
    assert {e.name: e.label for e in registry().entries if e.kind == FEATURE} == computed


@pytest.mark.parametrize("part", ["owner", "purpose", "class", "evidence", "uses"])
def test_a_tag_that_lacks_a_part(part: str) -> None:
    assert f"funds.idle: 没有 {part}" in list(lint(_changed("funds.idle", "tags", **{part: None})))


@pytest.mark.parametrize("part", ["label", "owner", "purpose", "expiry"])
def test_a_feature_that_lacks_a_part(part: str) -> None:
    assert list(lint(_changed("lifecycle", "features", **{part: None}))) == [f"lifecycle: 没有 {part}"]


def test_a_tag_without_expiry(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("profiles.registry.parameters", lambda: type("P", (), {"tags": {}}))
    assert "funds.idle: 没有有效期 (parameters.yaml)" in list(lint(RAW))


@pytest.mark.parametrize(
    ("parts", "fault"),
    [
        ({"owner": "nobody"}, "funds.idle: owner 不认识 nobody"),
        ({"uses": ["card", "segment", "opportunity", "pricing"]}, "funds.idle: uses 不认识 pricing"),
        ({"evidence": [["x"]]}, "funds.idle: evidence 不认识 ['x']"),
        ({"purpose": "  "}, "funds.idle: 没有 purpose"),
        ({"ttl": 3}, "funds.idle: 不认识 ttl"),
        ({"class": "sensitive"}, "funds.idle: class 和 rights.yaml 的 sensitive_tags 不一致"),
        ({"uses": ["card", "segment"]}, "funds.idle: 用于 商机与提醒, 登记里不允许"),
    ],
)
def test_entries_that_are_wrong(parts: dict[str, Any], fault: str) -> None:
    assert list(lint(_changed("funds.idle", **parts), used())) == [fault]


def test_what_is_not_registered_and_what_does_not_exist() -> None:
    raw = copy.deepcopy(RAW)
    raw["tags"]["funds.new"] = raw["tags"].pop("funds.idle")
    found = list(lint(raw))
    assert "funds.idle: 没有登记" in found
    assert "funds.new: 登记了, 但没有这个标签" in found


def test_a_use_that_is_registered_but_not_made_is_no_fault() -> None:
    """The look-alike: the register says what may be done, not what is done."""
    assert list(lint(_changed("funds.idle", uses=list(RAW["uses"])), used())) == []


@pytest.mark.parametrize("text", ["", "[]", "tags: {}", "version: 3", "{", "\ud800"])
def test_files_that_are_no_register(tmp_path: Path, text: str) -> None:
    path = tmp_path / "registry.yaml"
    path.write_bytes(text.encode("utf-8", "surrogatepass"))
    with pytest.raises(BadInput, match="registry-invalid"):
        lint_file(path)


def test_the_docs_show_the_register() -> None:
    assert markdown(registry()) in (DOCS / "registry.md").read_text(encoding="utf-8")
    contract = (DOCS / "tags.md").read_text(encoding="utf-8")
    assert [e.name for e in registry().entries if e.kind == TAG and f"| `{e.name}` |" not in contract] == []
