"""管理者页面: the question stands in the address, every number leads to words, what is shown can be taken along."""

import csv
import io
import re
from pathlib import Path

from playwright.sync_api import Page, Route, expect

from tests.web.conftest import Service


def test_the_question_stands_in_the_address(board: Page) -> None:
    expect(board.locator(".tile strong").first).to_be_visible()
    board.get_by_role("combobox", name="投顾").select_option(label="祁安")
    board.wait_for_url("**advisor=A03*")
    rows = board.locator("dk-overview dk-table[name=report] tbody tr")
    expect(rows).to_have_count(1)
    board.get_by_role("tab", name="逾期").click()
    board.get_by_role("button", name="逾期天数").click()
    assert "overdue.sort=-late" in board.url
    board.reload()
    expect(board.get_by_role("combobox", name="投顾")).to_have_value("A03")
    expect(board.locator("dk-overdue td .late").first).to_be_visible()
    days = [int(text.split(" ")[0]) for text in board.locator("dk-overdue td .late").all_inner_texts()]
    assert days == sorted(days, reverse=True) != []
    board.go_back()
    expect(rows).to_have_count(1)


def test_the_way_back_changes_the_filters_as_well(board: Page) -> None:
    advisor = board.get_by_role("combobox", name="投顾")
    rows = board.locator("dk-overview dk-table[name=report] tbody tr")
    expect(rows).not_to_have_count(1)
    advisor.select_option(label="祁安")
    expect(rows).to_have_count(1)
    board.go_back()
    expect(rows).not_to_have_count(1)
    expect(advisor).to_have_value("")


def test_a_number_leads_to_the_words(board: Page) -> None:
    board.locator(".tile", has_text="逾期").click()
    count = int(board.locator(".tile", has_text="逾期").locator("strong").inner_text())
    dialog = board.get_by_role("dialog")
    expect(dialog.locator("tbody tr")).to_have_count(count)
    dialog.locator("td.wide button").first.click()
    expect(board.get_by_role("dialog").last.locator("dk-talk li.wanted")).to_be_visible()


def test_what_is_shown_can_be_taken_along(board: Page, tmp_path: Path) -> None:
    board.get_by_role("tab", name="逾期").click()
    shown = board.locator("dk-overdue tbody tr")
    expect(shown.first).to_be_visible()
    with board.expect_download() as file:
        board.get_by_role("button", name="导出 CSV").click()
    file.value.save_as(tmp_path / "late.csv")
    rows = list(csv.reader(io.StringIO((tmp_path / "late.csv").read_text("utf-8-sig"))))
    assert len(rows) == shown.count() + 1
    assert rows[0][:2] == ["客户", "商机"]
    assert re.fullmatch(r"\d{4}-\d\d-\d\d \d\d:\d\d", rows[1][rows[0].index("应完成")])  # as it is in Beijing
    with board.expect_download() as file:
        board.get_by_role("button", name="Excel").click()
    assert file.value.suggested_filename.endswith(".xlsx")


def test_every_board_opens(board: Page) -> None:
    for tab, seen in (
        ("钱在桌上", "招商银行"),
        ("承诺", "未兑现"),
        ("深挖", "阶梯"),
        ("服务策略", "老手"),
        ("客户心声", "服务"),
    ):
        board.get_by_role("tab", name=tab).click()
        expect(board.locator("#panel")).to_contain_text(seen)
    expect(board.locator("#panel canvas")).to_be_visible()
    board.get_by_role("button", name="服务", exact=True).click()
    expect(board.get_by_role("dialog").locator("tbody tr").first).to_be_visible()


def test_a_playbook_is_tried_on_the_past_and_nothing_changes(board: Page, service: Service) -> None:
    board.goto(service.base + "/playbooks")
    board.get_by_role("button", name="闲置资金").click()
    text = board.get_by_label("规则文件")
    expect(text).to_have_value(re.compile("id: idle_funds"))
    tried = text.input_value().replace("min_yuan: 100000", "min_yuan: 400000").replace('version: "2"', 'version: "3"')
    text.fill(tried)
    board.get_by_role("button", name="试运行").click()
    expect(board.get_by_role("heading", name="试运行的结果")).to_be_visible()
    expect(board.locator("dk-table[name=trial] tbody")).to_contain_text("不再开")
    text.fill(tried.replace("min_yuan: 400000", "min_yuan: many"))
    board.get_by_role("button", name="只检查").click()
    expect(board.get_by_text("错误").first).to_be_visible()


def test_what_was_refused_is_seen_and_tried_again(board: Page, service: Service) -> None:
    admin = board.request.post(service.base + "/v1/token", data={"login": "admin", "password": "dongke-demo"}).json()
    board.request.post(
        service.base + "/v1/notes",
        data=[{"customer_id": "C9999", "advisor_id": "A01", "at": "2026-01-05T10:00:00+08:00", "text": "?"}],
        headers={"Authorization": f"Bearer {admin['access_token']}"},
    )
    board.goto(service.base + "/system")
    row = board.locator("dk-table[name=quarantine] tbody tr").first
    expect(row).to_contain_text("C9999")
    row.get_by_role("button", name="重试").click()
    expect(board.locator("dk-toasts")).to_contain_text("C9999")
    expect(board.locator("dk-system")).to_contain_text("demo_model")


def test_work_that_failed_says_why(board: Page, service: Service) -> None:
    told = {"id": "w", "kind": "archive", "total": 9, "done": 4, "failed": 0, "rate": 1.0, "seconds_left": None}
    told |= {"started_at": "2026-01-05T10:00:00+08:00", "updated_at": "2026-01-05T10:01:00+08:00"}
    works = [
        told | {"title": "转写归档", "state": "failed", "detail": "磁盘已满"},
        told | {"id": "r", "title": "重读会话", "state": "running", "detail": "第 3 批"},
    ]

    def answered(route: Route) -> None:
        answer = route.fetch()
        route.fulfill(response=answer, json=answer.json() | {"progress": works})

    board.route("**/v1/system", answered)
    board.goto(service.base + "/system")
    rows = board.locator("dk-system .work")
    expect(rows.filter(has_text="转写归档")).to_contain_text("磁盘已满")
    expect(rows.filter(has_text="重读会话")).not_to_contain_text("第 3 批")  # while it runs there is nothing to explain


def test_what_cannot_be_asked_anew_stays_and_says_so(page: Page, service: Service) -> None:
    page.request.post(service.base + "/v1/session", data={"login": "manager", "password": "dongke-demo"})
    page.goto(service.base + "/manager?tab=overdue")
    rows = page.locator("dk-overdue tbody tr")
    expect(rows.first).to_be_visible()
    count = rows.count()
    page.route("**/v1/opportunities*", lambda route: route.abort())
    page.locator("dk-overdue").evaluate("(board) => board.load(false)")
    expect(page.get_by_role("alert")).to_contain_text("没有更新")
    expect(rows).to_have_count(count)
    page.unroute("**/v1/opportunities*")
    page.get_by_role("button", name="重试").click()
    expect(page.get_by_role("alert")).to_have_count(0)
