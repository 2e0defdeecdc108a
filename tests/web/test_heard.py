"""演示模型: stands behind the words that the demo's model heard, on every page that quotes them; behind no others."""

import csv
import io
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from playwright.sync_api import Page, Route, expect

from tests.web.conftest import Service

NAME = "演示模型"
WHO = "C1019"  #: his call was heard by the demo's model; what he wrote later was given as text


def test_behind_a_number_and_in_what_it_leads_to(board: Page, service: Service, tmp_path: Path) -> None:
    with board.expect_response("**/v1/reports/follow-up/list*") as answer:
        board.locator(".tile", has_text="商机").first.click()
    items = answer.value.json()["items"]
    quoted = [w["demo"] for item in items for w in item["words"][:2]]
    assert {True, False} == set(quoted)
    dialog = board.get_by_role("dialog")
    expect(dialog.locator("tbody .badge", has_text=NAME)).to_have_count(sum(quoted))
    with board.expect_download() as file:
        dialog.get_by_role("button", name="导出 CSV").click()
    file.value.save_as(tmp_path / "opened.csv")
    rows = list(csv.DictReader(io.StringIO((tmp_path / "opened.csv").read_text("utf-8-sig"))))
    named = [row["原话"].count(f" · {NAME}") for row in rows]
    assert sorted(named) == sorted(sum(w["demo"] for w in item["words"]) for item in items)

    row = dialog.locator("tbody tr", has=board.locator(f"a[href$={WHO}]")).filter(has_text="闲置资金")
    row.locator("td .link").first.click()
    opened = board.get_by_role("dialog").last
    because = opened.locator(".quote")
    expect(because.filter(has_text=NAME)).to_have_count(because.count())
    happened = opened.locator("li", has=board.locator("q"))
    expect(happened.first).to_contain_text(NAME)
    expect(happened.filter(has_not_text=NAME)).to_have_count(1)  # he wrote that


def test_in_a_trial(board: Page, service: Service) -> None:
    board.goto(service.base + "/playbooks")
    board.get_by_role("button", name="闲置资金").click()
    with board.expect_response("**/v1/playbooks/dry-run") as answer:
        board.get_by_role("button", name="试运行").click()
    named = sum(item["demo"] for item in answer.value.json()["items"])
    rows = board.locator("dk-table[name=trial] tbody tr")
    expect(rows.locator(".badge", has_text=NAME)).to_have_count(named)
    assert 0 < named < rows.count()


def test_on_the_boards(board: Page) -> None:
    """Of the demo's own calls none stands there: the first quote of each board is said to be one, and nobody loses
    points in the demo."""

    def money(found: Any) -> list[Any]:
        return list(found["items"])

    def ladders(found: Any) -> list[Any]:
        return [s for one in found["items"] for a in one["assets"] for s in a["steps"] if s["conversation_id"]]

    def moments(found: Any) -> list[Any]:
        moment = {"label": "术语没有解释", "why": "久期", "quotes": [{"utterance": 2, "quote": "久期两年"}]}
        found["advisors"][0]["moments"] = [moment | {"conversation_id": ident} for ident in ("K1", "K2")]
        return list(found["advisors"][0]["moments"])

    board.route("**/v1/insight/digging/untouched*", _first_of(money))
    board.route("**/v1/insight/digging?*", _first_of(ladders))
    board.route("**/v1/insight/adherence*", _first_of(moments))
    for tab, one, others in (
        ("钱在桌上", "dk-money td.wide .badge", "dk-money td.wide .link"),
        ("深挖", f"dk-digging .steps button[title$=' · {NAME}']", "dk-digging .steps button"),
        ("服务策略", "dk-adherence .moment .badge", "dk-adherence .moment .link"),
    ):
        board.get_by_role("tab", name=tab).click()
        expect(board.locator(one)).to_have_count(1)
        assert board.locator(others).count() > 1, tab


def _first_of(quotes: Callable[[Any], list[Any]]) -> Callable[[Route], None]:
    def answer(route: Route) -> None:
        real = route.fetch()
        found = real.json()
        for number, quote in enumerate(quotes(found)):
            quote["demo"] = number == 0
        route.fulfill(response=real, body=json.dumps(found))

    return answer
