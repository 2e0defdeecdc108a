// The manager's page: the follow-up report, what is overdue, and the words behind every number.

import { ago, amount, day, daysBetween, doing, due, enter, fill, get, h, isoDay, query, request, toast, yuan } from "/static/lib.js";
import { drawer, openNotices, openOpportunity, state } from "/static/talk.js";

const form = document.getElementById("filters");
const ACTING = new Set(["advisor", "manager", "admin"]);
const COUNTS = { overdue: "bad", won: "good", discharged_in_time: "good" };
const HOURS_A_DAY = 4;

const me = await enter("manager");
const acting = ACTING.has(me.role);
document.getElementById("notices").addEventListener("click", doing(openNotices));
let cursor = null;

const today = Date.now();
form.elements.end.value = isoDay(today);
form.elements.start.value = isoDay(today - 90 * 86400000);
if (me.role === "advisor") form.elements.group.value = "playbook";

const asked = () => ({ start: form.elements.start.value, end: form.elements.end.value, group: form.elements.group.value });

async function loadReport() {
  const report = await get(`/v1/reports/follow-up${query(asked())}`);
  document.getElementById("report-title").textContent = report.title;
  showTiles(report.total);
  fill(document.getElementById("report"), table(report));
}

function showTiles(total) {
  const tile = (label, value, note, tone = "") =>
    h("div", { class: `tile ${tone}` }, h("span", { class: "tile-label" }, label), h("strong", {}, value), h("span", { class: "hint" }, note));
  const rate = (name) => (total[`${name}_rate`] === null ? "–" : `${total[`${name}_rate`]}%`);
  const interval = (name) => (total[`${name}_interval`] ? `95% 区间 ${total[`${name}_interval`]}%` : "不到 10 件, 不给比率");
  fill(
    document.getElementById("tiles"),
    tile("商机", total.opened, `已触达 ${total.touched}`),
    tile("及时谈到", rate("in_time"), interval("in_time")),
    tile("逾期", total.overdue, "到期时还没有谈到", total.overdue ? "bad" : ""),
    tile("成单", total.won, `成单率 ${rate("won")}`, total.won ? "good" : ""),
    tile("首次触达", total.median_hours === null ? "–" : `${total.median_hours} 小时`, `中位数, 交易小时 (一天 ${HOURS_A_DAY} 小时)`),
    tile("还没有人碰过的钱", yuan(total.yuan_untouched) || "0 元", `已知金额 ${yuan(total.yuan_known) || "0 元"}`, total.yuan_untouched ? "warn" : ""),
  );
}

function table(report) {
  const columns = report.columns;
  const bodyRow = (row, isTotal) => h("tr", { class: isTotal ? "total" : "" }, columns.map((c, n) => cell(row, c, n, report)));
  if (!report.rows.length) return h("p", { class: "empty" }, "这段时间没有商机。");
  return h(
    "table",
    {},
    h("thead", {}, h("tr", {}, columns.map((c, n) => h("th", { class: n ? "number" : "" }, c.label.replace("(", " (").replace("95%区间", " 95% 区间"))))),
    h("tbody", {}, report.rows.map((row) => bodyRow(row, false)), bodyRow(report.total, true)),
  );
}

function cell(row, column, position, report) {
  const value = row[column.name];
  if (!position) return h("th", { scope: "row" }, value || row.id || "合计");
  if (!column.lists) return h("td", { class: "number" }, shown(column.name, value));
  if (!value) return h("td", { class: "number zero" }, "0");
  const open = () => openList(`${row.name || "合计"} · ${column.label}`, report.list_path, { number: column.name, line: row.id || undefined });
  return h("td", { class: "number" }, h("button", { class: `figure ${COUNTS[column.name] || ""}`, onclick: doing(open) }, shown(column.name, value)));
}

function shown(name, value) {
  if (value === null || value === undefined) return h("span", { class: "hint" }, "–");
  if (name.startsWith("yuan")) return value ? yuan(value) : "0";
  return String(value);
}

// --- what is behind a number

const MOST = 1000; // rows of one list; a longer one is downloaded

async function openList(title, path, asked) {
  const rows = [];
  let next = null;
  do {
    const page = await get(`${path}&${query({ ...asked, cursor: next, limit: 200 }).slice(1)}`);
    rows.push(...page.items);
    next = page.next_cursor;
  } while (next && rows.length < MOST);
  const found = rows.filter((r) => r.opportunity).map((r) => r.opportunity);
  drawer(`${title} (${rows.length}${next ? "+" : ""})`, found.length ? opportunities(found) : talked(rows));
}

function talked(rows) {
  const headings = ["客户", "投顾", "时间", "原话"];
  const quotes = (r) => r.words.map((w) => h("div", {}, w.what ? h("span", { class: "hint" }, `${w.what} `) : null, w.quote));
  const row = (r) => h("tr", {}, h("th", { scope: "row" }, r.customer_name || r.customer_id), h("td", {}, r.advisor_name), h("td", {}, day(r.at)), h("td", {}, quotes(r)));
  return h("table", {}, h("thead", {}, h("tr", {}, headings.map((text) => h("th", {}, text)))), h("tbody", {}, rows.map(row)));
}

function opportunities(rows) {
  const headings = ["客户", "商机", "金额", "投顾", "应完成", "状态"];
  return h(
    "table",
    {},
    h("thead", {}, h("tr", {}, headings.map((text) => h("th", {}, text)))),
    h("tbody", {}, rows.map(opportunityRow)),
  );
}

function opportunityRow(r) {
  const open = doing(() => openOpportunity(r.id, { acting, changed: refresh }));
  return h(
    "tr",
    { class: "clickable" },
    h("th", { scope: "row" }, h("button", { class: "figure", onclick: open }, r.customer_name || r.customer_id), h("span", { class: "hint" }, ` ${r.customer_id}`)),
    h("td", {}, r.key_label ? `${r.playbook_label} · ${r.key_label}` : r.playbook_label),
    h("td", { class: "number" }, amount(r)),
    h("td", {}, r.owner_name),
    h("td", {}, day(r.due_at)),
    h("td", {}, state(r)),
  );
}

// --- overdue

const overdueBody = h("tbody");

async function loadOverdue(fresh) {
  const page = await get(`/v1/opportunities${query({ state: ["open", "contacted"], overdue: true, cursor: fresh ? null : cursor, limit: 50 })}`);
  cursor = page.next_cursor;
  document.getElementById("overdue-more").hidden = !cursor;
  if (fresh) {
    overdueBody.replaceChildren();
    const headings = ["客户", "商机", "金额", "投顾", "客户何时说的", "应完成", "逾期", "状态"];
    const box = document.getElementById("overdue");
    document.getElementById("overdue-count").textContent = `${page.items.length}${cursor ? "+" : ""}`;
    if (!page.items.length) return fill(box, h("p", { class: "empty" }, "没有逾期未跟进的商机。"));
    fill(box, h("table", {}, h("thead", {}, h("tr", {}, headings.map((text, n) => h("th", { class: n === 2 || n === 6 ? "number" : "" }, text)))), overdueBody));
  }
  overdueBody.append(...page.items.map(overdueRow));
}

function overdueRow(r) {
  const open = doing(() => openOpportunity(r.id, { acting, changed: refresh }));
  return h(
    "tr",
    {},
    h("th", { scope: "row" }, h("button", { class: "figure", onclick: open }, r.customer_name || r.customer_id), h("span", { class: "hint" }, ` ${r.customer_id}`)),
    h("td", {}, r.key_label ? `${r.playbook_label} · ${r.key_label}` : r.playbook_label),
    h("td", { class: "number" }, amount(r)),
    h("td", {}, r.owner_name),
    h("td", {}, ago(r.opened_at)),
    h("td", {}, day(r.due_at)),
    h("td", { class: "number late" }, `${daysBetween(r.due_at, Date.now())} 天`),
    h("td", {}, state(r), r.attempts ? h("span", { class: "hint" }, ` 未接 ${r.attempts} 次`) : null),
  );
}

// --- downloads: the token goes in a header, so the file is fetched and handed to the browser

async function download(format) {
  const answer = await request(`/v1/reports/follow-up${query({ ...asked(), format })}`);
  const name = /filename="([^"]+)"/.exec(answer.headers.get("Content-Disposition") || "")?.[1] || `report.${format}`;
  const url = URL.createObjectURL(await answer.blob());
  h("a", { href: url, download: name }).click();
  setTimeout(() => URL.revokeObjectURL(url), 10000);
}

async function refresh() {
  await Promise.all([loadReport(), loadOverdue(true)]);
}

form.addEventListener("submit", (event) => {
  event.preventDefault();
  loadReport().catch((fault) => toast(fault.message, true));
});
form.elements.group.addEventListener("change", () => form.requestSubmit());
for (const button of form.querySelectorAll("[data-format]")) button.addEventListener("click", doing(() => download(button.dataset.format)));
document.getElementById("overdue-more").addEventListener("click", doing(() => loadOverdue(false)));

refresh().catch((fault) => toast(fault.message, true));
