// The advisor's page: whom he serves, what is believed of a customer and why, what is to be done.

import { ago, amount, day, doing, due, enter, fill, get, h, moment, post, query, toast } from "/static/lib.js";
import { offered, openNotices, openOpportunity, openTalk, quote, state } from "/static/talk.js";

const ACTING = new Set(["advisor", "manager", "admin"]);
const LIVE = ["open", "contacted", "discussed"];
const STATUS = { active: "", contradicted: "已改口", expired: "已过期", removed: "已否定" };
const QUOTES = 2;

const list = document.getElementById("customers");
const more = document.getElementById("more");
const search = document.getElementById("search");
const main = document.getElementById("profile");
const side = document.getElementById("side");

const me = await enter("advisor");
const acting = ACTING.has(me.role);
document.getElementById("notices").addEventListener("click", doing(openNotices));
let current = null;
let cursor = null;

// --- customers

async function loadCustomers(fresh) {
  const page = await get(`/v1/customers${query({ search: search.value.trim(), cursor: fresh ? null : cursor, limit: 60 })}`);
  cursor = page.next_cursor;
  more.hidden = !cursor;
  if (fresh) list.replaceChildren();
  list.append(...page.items.map(customerRow));
  if (fresh && !page.items.length) fill(list, h("li", { class: "empty" }, "没有找到客户"));
  return page.items;
}

function customerRow(c) {
  const badge = c.overdue_opportunities
    ? h("span", { class: "badge late-badge", title: "逾期未跟进" }, c.overdue_opportunities)
    : c.open_opportunities
      ? h("span", { class: "badge", title: "进行中的商机" }, c.open_opportunities)
      : null;
  const last = c.last_contact_at ? ago(c.last_contact_at) : "未联系";
  return h(
    "li",
    {},
    h(
      "button",
      { class: "customer", "data-id": c.id, onclick: () => choose(c.id) },
      h("span", { class: "customer-name" }, c.name || c.id, badge),
      h("span", { class: "customer-meta" }, `${c.id} · ${last}${c.advisor_id === me.advisor_id ? "" : ` · ${c.advisor_name}`}`),
    ),
  );
}

function choose(id) {
  if (decodeURIComponent(location.hash.slice(1)) === id) open(id);
  else location.hash = encodeURIComponent(id);
}

async function open(id) {
  current = id;
  for (const button of list.querySelectorAll(".customer")) button.classList.toggle("here", button.dataset.id === id);
  const path = `/v1/customers/${encodeURIComponent(id)}`;
  try {
    const [profile, row, chances, timeline] = await Promise.all([
      get(`${path}/profile`),
      get(`/v1/customers${query({ search: id, limit: 1 })}`),
      get(`/v1/opportunities${query({ customer: id, limit: 200 })}`),
      timelinePage(id),
    ]);
    if (current !== id) return;
    showProfile(profile, row.items[0]);
    showSide(id, chances.items, timeline);
  } catch (fault) {
    fill(main, h("p", { class: "empty" }, fault.message));
    side.replaceChildren();
  }
}

// --- profile

function showProfile(p, customer) {
  const active = p.tags.filter((t) => t.status === "active");
  const past = p.tags.filter((t) => t.status !== "active");
  fill(
    main,
    head(p, customer),
    p.contradictions.length ? h("section", { class: "contradictions" }, p.contradictions.map((c) => contradiction(c, p))) : null,
    h("section", { class: "card lines" },
      p.three_lines.length
        ? h("ol", {}, p.three_lines.map((l) => h("li", {}, l.text, " ", offered(l.suitability), h("span", { class: "hint" }, l.reason))))
        : h("p", { class: "empty" }, "客户还没有说过能记下来的事。"),
      p.next_question
        ? h("p", { class: "next-question" }, h("b", {}, "下一个问题"), h("span", {}, p.next_question.text), offered(p.next_question.suitability), h("span", { class: "hint" }, p.next_question.reason))
        : null),
    h("section", { class: "card" }, h("h2", {}, "客户亲口说的 ", h("span", { class: "count" }, active.length)), active.map(tagRow)),
    past.length
      ? h("details", { class: "card past" }, h("summary", {}, "不再成立的 ", h("span", { class: "count" }, past.length)), past.map(tagRow))
      : null,
    h("section", { class: "card" }, h("h2", {}, "做过的与登记的"), facts(p)),
  );
  main.scrollTop = 0;
}

function head(p, customer) {
  const s = p.static;
  const parts = [
    s.age ? `${s.age} 岁` : null,
    s.assets_yuan !== undefined ? `资产 ${amount({ low_yuan: Number(s.assets_yuan), high_yuan: Number(s.assets_yuan) })}` : null,
    s.opened_on ? `${s.opened_on.slice(0, 4)} 年开户` : null,
    customer ? `投顾 ${customer.advisor_name}` : null,
  ];
  const life = p.behaviour.lifecycle?.value;
  return h(
    "div",
    { class: "profile-head" },
    h("h1", {}, s.name || customer?.name || p.customer, h("span", { class: "customer-id" }, p.members.join(" + "))),
    h("div", { class: "chips" },
      s.risk_level ? h("span", { class: "chip strong", title: "登记的风险等级" }, s.risk_level) : null,
      life ? h("span", { class: "chip", title: p.behaviour.lifecycle.reason }, life) : null,
      suitable(p.suitability),
      p.rights?.text ? h("span", { class: "chip warn" }, p.rights.text) : null),
    h("p", { class: "hint" }, parts.filter(Boolean).join(" · ")),
  );
}

function suitable(s) {
  if (!s) return null;
  if (s.blocked) return h("span", { class: "chip warn" }, s.blocked);
  if (s.is_expired) return h("span", { class: "chip warn" }, "风险测评已过期");
  return s.highest_product ? h("span", { class: "chip", title: `测评到期 ${s.expires_on || "未知"}` }, `最高可推 ${s.highest_product}`) : null;
}

function contradiction(c, p) {
  const tags = p.tags.filter((t) => (c.tag_ids || [c.tag_id]).includes(t.id));
  return h("div", { class: "contradiction" }, h("b", {}, "矛盾"), h("span", {}, c.text), tags.flatMap((t) => t.evidence.slice(-1).map((e) => quote(e, t.id))));
}

function tagRow(t) {
  const quotes = distinct(t.evidence).sort((a, b) => (b.speaker === "customer") - (a.speaker === "customer")
    || (a.conversation_id === b.conversation_id ? a.utterance - b.utterance : b.said_at.localeCompare(a.said_at)));
  const box = h("div", { class: "quotes" }, quotes.slice(0, QUOTES).map((e) => quote(e, t.id)));
  const rest = quotes.length - QUOTES;
  const unfold = () => fill(box, quotes.map((e) => quote(e, t.id)));
  return h(
    "article",
    { class: `tag ${t.status}${t.polarity === "negated" ? " negated" : ""}` },
    h("div", { class: "tag-what" },
      h("span", { class: "tag-label" }, t.label),
      h("span", { class: "tag-value" }, t.value_text),
      STATUS[t.status] ? h("span", { class: "chip warn" }, STATUS[t.status]) : null,
      t.source === "corrected" ? h("span", { class: "chip" }, "人工更正") : null,
      t.holder === "household" ? h("span", { class: "chip" }, "家里的") : null,
      offered(t.suitability),
      t.told_times > 1 ? h("span", { class: "chip" }, `${t.told_times} 次会话`) : null,
      h("button", { class: "quiet small", "aria-expanded": "false", onclick: unfoldWhy }, "为什么")),
    h("div", { class: "tag-how" },
      h("span", { class: "strength", title: `强度 ${Math.round(t.strength * 100)}%` }, h("i", { width: `${Math.round(t.strength * 100)}%` })),
      h("span", { class: "hint", title: moment(t.said_at) }, ago(t.said_at)),
      acting && t.status === "active" ? verdicts(t) : null),
    box,
    rest > 0 ? h("button", { class: "quiet small", onclick: (e) => { unfold(); e.currentTarget.remove(); } }, `还有 ${rest} 处依据`) : null,
    h("div", { class: "why", hidden: true }, h("p", {}, t.explanation.text), t.reason ? h("p", {}, t.reason) : null,
      t.corrections.map((c) => h("p", {}, `${moment(c.at)} ${c.by} 反馈: ${{ right: "对", wrong: "错", corrected: "更正" }[c.verdict]}`))),
  );
}

function unfoldWhy(event) {
  const why = event.currentTarget.closest(".tag").querySelector(".why");
  why.hidden = !why.hidden;
  event.currentTarget.setAttribute("aria-expanded", String(!why.hidden));
}

// One quote an utterance: the longest.
function distinct(evidence) {
  const found = new Map();
  for (const e of evidence) {
    const key = `${e.conversation_id} ${e.utterance}`;
    if (!found.has(key) || found.get(key).quote.length < e.quote.length) found.set(key, e);
  }
  return [...found.values()];
}

function verdicts(t) {
  const given = t.corrections.at(-1)?.verdict;
  const say = (verdict) => async () => {
    await post(`/v1/tags/${encodeURIComponent(t.id)}/feedback`, { verdict });
    toast(verdict === "right" ? "已记下: 对" : "已记下: 错, 画像随即改正");
    await open(current);
  };
  return h("span", { class: "verdicts", role: "group", "aria-label": "这个标签对吗" },
    h("button", { class: given === "right" ? "small given" : "small", onclick: doing(say("right")) }, "对"),
    h("button", { class: "small", onclick: doing(say("wrong")) }, "错"));
}

const FILED = { investor_type: "投资者类型", questionnaire_on: "测评日期", cash_yuan: "可用资金", permission_labels: "已开权限" };
const INVESTOR = { ordinary: "普通投资者", professional: "专业投资者" };

function facts(p) {
  const filed = Object.entries(FILED)
    .filter(([name]) => p.static[name] !== undefined && p.static[name] !== null && p.static[name].length !== 0)
    .map(([name, label]) => [label, filedText(name, p.static[name]), "客户档案"]);
  const done = Object.values(p.behaviour).map((f) => [f.label, f.text, f.reason]);
  return h("dl", { class: "facts" }, [...done, ...filed].map(([label, text, reason]) =>
    h("div", { title: reason, class: text === "数据不足" ? "unknown" : "" }, h("dt", {}, label), h("dd", {}, text))));
}

function filedText(name, value) {
  if (name === "cash_yuan") return amount({ low_yuan: Number(value), high_yuan: Number(value) });
  if (name === "investor_type") return INVESTOR[value] || value;
  return Array.isArray(value) ? value.join("、") : String(value);
}

// --- opportunities and timeline

function showSide(id, rows, timeline) {
  const live = rows.filter((r) => LIVE.includes(r.state) && !r.discharged_at);
  const talked = rows.filter((r) => LIVE.includes(r.state) && r.discharged_at);
  const over = rows.filter((r) => !LIVE.includes(r.state));
  const entries = h("ol", { class: "timeline" }, timeline.items.map(happened));
  fill(
    side,
    h("h2", {}, "待跟进 ", h("span", { class: "count" }, live.length)),
    live.length ? live.map((r) => chance(r)) : h("p", { class: "empty" }, "没有待跟进的商机"),
    talked.length ? [h("h2", {}, "已谈到, 等结果 ", h("span", { class: "count" }, talked.length)), talked.map((r) => chance(r))] : null,
    over.length ? h("details", {}, h("summary", {}, "已结束 ", h("span", { class: "count" }, over.length)), over.map((r) => chance(r))) : null,
    h("div", { class: "side-head" }, h("h2", {}, "时间线"), browsingSwitch()),
    entries,
    nextPage(id, timeline.next_cursor, entries),
  );
}

const KINDS = ["conversation", "attempt", "note", "event", "feedback", "snapshot", "opportunity"];
let browsing = false;

function timelinePage(id, next = null) {
  const kind = browsing ? [...KINDS, "browse"] : KINDS;
  return get(`/v1/customers/${encodeURIComponent(id)}/timeline${query({ limit: 40, cursor: next, kind })}`);
}

function browsingSwitch() {
  const box = h("input", { type: "checkbox", checked: browsing, onchange: () => { browsing = box.checked; open(current); } });
  return h("label", { class: "switch" }, box, "连浏览一起看");
}

function nextPage(id, next, entries) {
  if (!next) return null;
  const button = h("button", { class: "quiet wide", onclick: doing(async () => {
    const page = await timelinePage(id, next);
    entries.append(...page.items.map(happened));
    const following = nextPage(id, page.next_cursor, entries);
    if (following) button.replaceWith(following);
    else button.remove();
  }) }, "更早的");
  return button;
}

function chance(r) {
  const late = r.overdue && !r.discharged_at && LIVE.includes(r.state);
  return h(
    "button",
    { class: `chance${late ? " is-late" : ""}`, onclick: doing(() => openOpportunity(r.id, { acting, changed: () => open(current) })) },
    h("span", { class: "chance-name" }, r.key_label ? `${r.playbook_label} · ${r.key_label}` : r.playbook_label, h("span", { class: "chance-amount" }, amount(r))),
    h("span", { class: "chance-meta" }, state(r), offered(r.suitability), LIVE.includes(r.state) && !r.discharged_at ? h("span", { class: late ? "late" : "hint" }, due(r)) : h("span", { class: "hint" }, day(r.won_at || r.closed_at || r.discharged_at)),
      r.attempts ? h("span", { class: "hint" }, `打过 ${r.attempts} 次未接`) : null),
  );
}

const EVENTS = {
  deposit: "转入资金", withdraw: "转出资金", trade: "交易", transfer_in: "转入证券", transfer_out: "转出证券", permission_opened: "开通权限", page_view: "浏览",
  login: "登录", identify: "资料更新", account_closed: "销户", material_sent: "发送资料", app_open: "打开 APP", subscribe: "申购", redeem: "赎回",
  product_view: "看产品", product_detail: "看产品详情", search: "搜索", questionnaire_completed: "完成风险测评", app_crash: "APP 闪退",
  archive_agreed: "同意会话存档", archive_refused: "不同意会话存档",
};

function happened(e) {
  const title = e.kind === "event" || e.kind === "browse" ? eventTitle(e.detail) : e.title;
  const inside = [h("span", { class: "when" }, moment(e.at)), h("span", { class: "what" }, title)];
  if (e.kind === "note") inside.push(h("span", { class: "hint" }, e.detail.text));
  const opener = { conversation: () => openTalk(e.id), opportunity: () => openOpportunity(e.id, { acting, changed: () => open(current) }) }[e.kind];
  return h("li", { class: e.kind }, opener ? h("button", { class: "plain", onclick: doing(opener) }, inside) : h("div", { class: "plain" }, inside));
}

function eventTitle(detail) {
  const p = detail.properties || {};
  const sum = Number(p.amount) ? ` ${amount({ low_yuan: Number(p.amount), high_yuan: Number(p.amount) })}` : "";
  const side = { buy: "买入", sell: "卖出" }[p.side];
  const page = detail.event === "page_view" && (p.page || p.title) ? ` ${p.title || p.page}` : "";
  return `${side || EVENTS[detail.event] || detail.event}${sum}${page}`;
}

// --- start

let typing = 0;
search.addEventListener("input", () => {
  clearTimeout(typing);
  typing = setTimeout(() => loadCustomers(true).catch((fault) => toast(fault.message, true)), 200);
});
more.addEventListener("click", doing(() => loadCustomers(false)));
window.addEventListener("hashchange", () => open(decodeURIComponent(location.hash.slice(1))));

try {
  const rows = await loadCustomers(true);
  const wanted = decodeURIComponent(location.hash.slice(1)) || rows[0]?.id;
  if (wanted) await open(wanted);
  else fill(main, h("p", { class: "empty" }, "还没有客户。"));
} catch (fault) {
  fill(main, h("p", { class: "empty" }, fault.message));
}
