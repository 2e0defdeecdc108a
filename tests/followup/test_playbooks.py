"""The playbooks are data: they load, are complete, and a broken one is refused with its place."""

import json
from pathlib import Path

import pytest
import yaml

from dongke.errors import BadInput
from followup import patterns, playbooks
from followup.playbook_lint import lint, lint_path

IDS = {"idle_funds", "external_assets", "permission", "product_intent", "call_back", "promise", "complaint", "churn"}
IDS |= {"account_opening"}
GOOD = {
    "id": "margin_calls",
    "version": "3",
    "label": "两融",
    "opens": [{"tag": "intent.permission", "where": {"permission": "margin"}}],
    "key": ["permission"],
    "due": {"rule": "trading_days", "days": 2},
    "about": {"keyed": ["permission"], "words": "两融 |\n  融资"},
}


def write(folder: Path, **changes: object) -> Path:
    (folder / "one.yaml").write_text(yaml.safe_dump(GOOD | changes, allow_unicode=True), encoding="utf-8")
    return folder


def test_the_products_own() -> None:
    books = {book.id: book for book in playbooks.load()}
    assert set(books) == IDS
    assert [b.due.days for b in books.values() if b.due.rule == "trading_days"] == [1, 1, 5, 2, 1, 3]
    assert all(book.label and book.version for book in books.values())


def test_an_operators_folder_replaces_them(tmp_path: Path) -> None:
    (book,) = playbooks.load(write(tmp_path))
    assert (book.id, book.version, book.expires_after_days) == ("margin_calls", "3", 60)
    assert book.about.words.search("融资")
    assert book.about.words.search("两融")


@pytest.mark.parametrize(
    ("changes", "place"),
    [
        ({"id": "Margin Calls"}, "id"),
        ({"opens": []}, "opens"),
        ({"due": {"rule": "someday"}}, "due.rule"),
        ({"due": {"rule": "trading_days"}}, "due.days"),
        ({"about": {}}, "about"),
        ({"about": {"words": "(两融"}}, "about.words"),
        ({"colour": "red"}, "colour"),
        ({"win": {"events": []}, "keep": {"events": []}}, "win"),
    ],
)
def test_a_broken_one_is_refused(tmp_path: Path, changes: dict[str, object], place: str) -> None:
    with pytest.raises(BadInput, match=place) as fault:
        playbooks.load(write(tmp_path, **changes))
    assert fault.value.code == "playbook-invalid"


def test_no_yaml_and_no_playbooks(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="playbook-invalid"):
        playbooks.load(tmp_path)
    (tmp_path / "one.yaml").write_text("id: [", encoding="utf-8")
    with pytest.raises(BadInput, match=r"one\.yaml"):
        playbooks.load(tmp_path)


RUNNING = playbooks.load()


def found(text: str, **more: str) -> list[tuple[int, str]]:
    return [(f.line, f.place) for f in lint({"one.yaml": text, **more}, RUNNING) if f.is_error]


def permission(old: str = "", new: str = "") -> str:
    """The product's own file, in its next version, with one change."""
    text = (playbooks.FOLDER / "permission.yaml").read_text(encoding="utf-8")
    assert old in text
    return text.replace('version: "2"', 'version: "next"').replace(old, new, 1)


def test_the_products_own_are_good_and_their_schema_is_the_one_beside_them() -> None:
    assert lint_path(playbooks.FOLDER, RUNNING) == []
    told = json.loads((playbooks.FOLDER / "playbook.schema.json").read_text(encoding="utf-8"))
    assert told == json.loads(json.dumps(playbooks.schema())), (
        "dongke playbook schema > followup/playbooks/playbook.schema.json"
    )
    assert told["properties"]["about"] == {"$ref": "#/$defs/About", "default": told["properties"]["about"]["default"]}


@pytest.mark.parametrize(
    ("old", "new", "place"),
    [
        ("tag: intent.permission", "tag: intent.permision", "opens.0.tag"),
        ("intent.permission}", "intent.permission, where: {colour: red}}", "opens.0.where"),
        ("intent.permission}", "intent.permission, where: {permission: margn}}", "opens.0.where.permission"),
        ("intent.permission}", "intent.permission, need: [date]}", "opens.0.need"),
        ("intent.permission}", "intent.permission, min_yuan: 5}", "opens.0.min_yuan"),
        ("key: [permission]", "key: [product]", "key.0"),
        ("days: 1}", "days: 1, not_before: available_from}", "due.not_before"),
        ("days: 1}", "days: 1, maturity: permission}", "due.maturity"),
        ("rule: trading_days, days: 1", "rule: window", "due.rule"),
        ("keyed: [permission]", "keyed: [permision]", "about.keyed.0"),
        ("kind: product, key: pension", "kind: produkt, key: pension", "about.also.pension_account.0.kind"),
        ("option: 期权", "option: 期权|", "about.key_words.option"),
        ("option: 期权", r"option: \b期权", "about.key_words.option"),
        ("option: 期权", "option: (期权|期)+", "about.key_words.option"),
        ("tags: [intent.permission]", "tags: [intent.permision]", "refuse.tags.0"),
    ],
)
def test_lint_sees_what_the_schema_cannot(old: str, new: str, place: str) -> None:
    assert place in [where for _, where in found(permission(old, new))]
    assert found(permission()) == []


@pytest.mark.parametrize(
    ("old", "new", "place"),
    [
        ('version: "next"', "version: 2", "version"),
        ("label: 权限开通", "label: ''", "label"),
        ("label: 权限开通", "label: 甲\nlabel: 乙", "label"),
        ("days: 1}", "days: one}", "due.days"),
        ("days: 1}", "days: 0}", ""),
        ("rule: trading_days, days: 1", "rule: trading_hours", ""),
        ("days: 60", "days: 0", "win.days"),
        ("by: [owner, deputy]", "by: []", "discharge.by"),
        ("by: [owner, deputy]", "by: [boss]", "discharge.by.0"),
        ("min_seconds: 30", "min_second: 30", "discharge.min_second"),
        ("after_days: 2", "after_days: 0", ""),
        ("to: branch", "to: moon", "escalate.1.to"),
        ("key: [permission]", "key: [permission]\npause: [{reason: refused}]", ""),
        ("key: [permission]", "key: [permission]\nowner: nobody", "owner"),
    ],
)
def test_every_fault_has_its_line_and_place(old: str, new: str, place: str) -> None:
    text = permission().replace(old, new, 1)
    assert text != permission()
    faults = lint({"one.yaml": text})
    assert place in [f.place for f in faults]
    assert all(f.is_error and 1 <= f.line <= text.count("\n") + 1 and f.text for f in faults)
    line = next(n for n, told in enumerate(text.splitlines(), 1) if new.splitlines()[-1] in told)
    assert not place or line in [f.line for f in faults if f.place == place]


def test_several_faults_are_all_told_in_chinese() -> None:
    faults = lint({"one.yaml": "id: X\nversion: 1\nopens: []\ndew: 3\ndue: {rule: someday}\n"})
    assert {f.place for f in faults} == {"id", "version", "label", "opens", "dew", "due.rule"}
    assert next(f for f in faults if f.place == "dew").text == "不认识的项, 是不是 due?"
    assert all("\u4e00" <= f.text[0] <= "\u9fff" for f in faults)


@pytest.mark.parametrize("text", ["", "id: [", "- a", "7", "a: &a [*a]", "x" * 200_001, "&a {b: *a}"])
def test_what_is_no_playbook_at_all(text: str) -> None:
    assert [f.is_error for f in lint({"one.yaml": text})] != []


def test_a_change_needs_a_new_version_and_an_id_stands_once() -> None:
    same = permission().replace('version: "next"', 'version: "2"')
    assert found(same) == []
    assert found(same.replace("days: 1}", "days: 2}")) == [(4, "version")]
    assert found(permission(), **{"two.yaml": permission()}) == [(3, "id")]


def test_advice_is_no_error() -> None:
    text = permission("min_messages: 2", "min_messages: 2, notes: true")
    cut = text[: text.index("win:")]
    assert [f.is_error for f in lint({"one.yaml": cut})] == [False]


@pytest.mark.parametrize(
    ("pattern", "runs_away"),
    [
        ("(a+)+", True),
        ("(甲|甲乙)*丙", True),
        ("(x?){0,40}y", True),
        ("((a?){1,9}){1,9}b", True),
        ("(已经?|刚刚?).{0,14}(发|寄)", False),
        ("[0-9]+[多来几]?[万亿]", False),
        ("(ab)+", False),
        ("(一(两|三)?){1,3}趟", False),
    ],
)
def test_patterns_that_would_run_away(pattern: str, runs_away: bool) -> None:
    assert any("算不完" in told for told in patterns.faults(patterns.compiled(pattern))) is runs_away


def test_files_and_folders(tmp_path: Path) -> None:
    (tmp_path / "one.yaml").write_text(permission(), encoding="utf-8")
    assert lint_path(tmp_path, RUNNING) == lint_path(tmp_path / "one.yaml", RUNNING) == []
    (tmp_path / "one.yaml").write_bytes(permission().encode("gb18030"))
    with pytest.raises(BadInput, match="encoding"):
        lint_path(tmp_path)
    with pytest.raises(BadInput, match="file-unreadable"):
        lint_path(tmp_path / "none.yaml")
