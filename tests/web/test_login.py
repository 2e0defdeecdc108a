"""登录: by password; where one wanted to go; out again."""

from playwright.sync_api import Page, expect

from tests.web.conftest import PASSWORD, Service


def test_a_wrong_password_is_told_and_the_right_one_leads_where_one_wanted_to_go(page: Page, service: Service) -> None:
    page.goto(service.base + "/advisor?tab=customers#C1001")
    page.wait_for_url("**/?next=*")
    page.get_by_label("账号").fill("advisor")
    page.get_by_label("密码").fill("not the password")
    page.get_by_label("密码").press("Enter")
    expect(page.get_by_role("alert")).to_contain_text("账号或密码")
    page.get_by_label("密码").fill(PASSWORD)
    page.get_by_role("button", name="登录", exact=True).click()
    page.wait_for_url("**/advisor?tab=customers#C1001")
    expect(page.get_by_role("heading", name="周美珍")).to_be_visible()


def test_no_script_can_read_the_session_and_it_ends_at_the_way_out(desk: Page, service: Service) -> None:
    expect(desk.get_by_role("tab", name="今天")).to_be_visible()
    assert "dongke_session" not in desk.evaluate("document.cookie")
    desk.get_by_role("button", name="退出").click()
    desk.wait_for_url(lambda url: url.endswith("/"))
    assert desk.request.get(service.base + "/v1/me").status == 401


def test_nobody_is_led_to_a_foreign_page(page: Page, service: Service) -> None:
    page.goto(service.base + "/?next=//example.org/")
    page.get_by_label("账号").fill("advisor")
    page.get_by_label("密码").fill(PASSWORD)
    page.get_by_label("密码").press("Enter")
    page.wait_for_url(service.base + "/advisor*")
