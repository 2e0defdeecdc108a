// What all pages share: the log-in, requests, building elements (text only, never HTML), dates in Beijing time.

const KEY = "dongke-token";

export const token = {
  get: () => sessionStorage.getItem(KEY),
  set: (value) => sessionStorage.setItem(KEY, value),
  clear: () => sessionStorage.removeItem(KEY),
};

export class Problem extends Error {
  constructor(status, body) {
    super(body.detail || `请求失败 (${status})`);
    this.status = status;
    this.code = (body.type || "").replace("urn:dongke:", "");
  }
}

export async function request(path, options = {}) {
  const headers = { Authorization: `Bearer ${token.get()}`, ...options.headers };
  if (options.json !== undefined) headers["Content-Type"] = "application/json";
  const body = options.json !== undefined ? JSON.stringify(options.json) : options.body;
  let answer;
  try {
    answer = await fetch(path, { method: options.method || "GET", headers, body });
  } catch {
    throw new Problem(0, { detail: "连不上服务, 请检查网络" });
  }
  if (answer.status === 401 && path !== "/v1/token") {
    token.clear();
    location.replace("/");
  }
  if (!answer.ok) throw new Problem(answer.status, await answer.json().catch(() => ({})));
  return answer;
}

export const get = async (path) => (await request(path)).json();
export const post = async (path, json, headers) => (await request(path, { method: "POST", json, headers })).json();

export function query(values) {
  const found = new URLSearchParams();
  for (const [name, value] of Object.entries(values)) {
    for (const one of Array.isArray(value) ? value : [value]) {
      if (one !== null && one !== undefined && one !== "") found.append(name, one);
    }
  }
  const text = found.toString();
  return text ? `?${text}` : "";
}

// h("p", {class: "x", onclick: f}, "text", child): children that are strings become text nodes.
export function h(tag, props = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(props)) {
    if (value === null || value === undefined || value === false) continue;
    if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else if (name === "class") element.className = value;
    else if (name === "width") element.style.setProperty("width", value);
    else element.setAttribute(name, value === true ? "" : value);
  }
  element.append(...children.flat(Infinity).filter((c) => c !== null && c !== undefined && c !== false));
  return element;
}

export function fill(element, ...children) {
  element.replaceChildren(...children.flat(Infinity).filter((c) => c !== null && c !== undefined && c !== false));
  return element;
}

const ZONE = { timeZone: "Asia/Shanghai" };
const DAY = new Intl.DateTimeFormat("sv-SE", { ...ZONE, dateStyle: "short" });
const SHORT = new Intl.DateTimeFormat("zh-CN", { ...ZONE, month: "numeric", day: "numeric" });
const CLOCK = new Intl.DateTimeFormat("zh-CN", { ...ZONE, hour: "2-digit", minute: "2-digit", hour12: false });

export const isoDay = (when) => DAY.format(new Date(when));
export const day = (when) => {
  const text = SHORT.format(new Date(when)).replace("/", "月") + "日";
  const year = isoDay(when).slice(0, 4);
  return year === isoDay(Date.now()).slice(0, 4) ? text : `${year}年${text}`;
};
export const clock = (when) => CLOCK.format(new Date(when));
export const moment = (when) => `${day(when)} ${clock(when)}`;
export const daysBetween = (from, to) => Math.round((Date.parse(isoDay(to)) - Date.parse(isoDay(from))) / 86400000);

export function ago(when) {
  const days = daysBetween(when, Date.now());
  if (days <= 0) return "今天";
  if (days === 1) return "昨天";
  return days < 60 ? `${days} 天前` : `${Math.round(days / 30)} 个月前`;
}

export function due(row) {
  const days = daysBetween(Date.now(), row.due_at);
  if (row.overdue) return days === 0 ? "今天已逾期" : `逾期 ${-days} 天`;
  if (Date.parse(row.due_at) < Date.now()) return `期限 ${day(row.due_at)}`;
  if (days === 0) return `今天 ${clock(row.due_at)} 前`;
  if (days === 1) return `明天 ${clock(row.due_at)} 前`;
  return `${moment(row.due_at)} 前`;
}

export function yuan(amount) {
  if (amount === null || amount === undefined) return "";
  if (Math.abs(amount) >= 1e8) return `${trim(amount / 1e8)} 亿元`;
  if (Math.abs(amount) >= 1e4) return `${trim(amount / 1e4)} 万元`;
  return `${trim(amount)} 元`;
}

export function amount(row) {
  const { low_yuan: low, high_yuan: high } = row;
  if (low === null && high === null) return "";
  if (low === null) return `不到 ${yuan(high)}`;
  if (high === null) return `${yuan(low)}以上`;
  return low === high ? yuan(low) : `${yuan(low)}–${yuan(high)}`;
}

const trim = (number) => String(Math.round(number * 100) / 100);

export function toast(text, bad = false) {
  document.querySelector(".toast")?.remove();
  const box = h("div", { class: bad ? "toast bad" : "toast", role: "status" }, text);
  document.body.append(box);
  setTimeout(() => box.remove(), 4000);
}

// Runs a click's work: the button waits, a problem is shown.
export const doing = (work) => async (event) => {
  const button = event.currentTarget;
  button.disabled = true;
  try {
    await work(event);
  } catch (fault) {
    toast(fault.message, true);
  } finally {
    button.disabled = false;
  }
};

const ROLES = { advisor: "投资顾问", manager: "管理者", compliance: "合规", admin: "系统管理员", ingest: "接入程序" };

export async function enter(current) {
  if (!token.get()) {
    location.replace("/");
    return new Promise(() => {});
  }
  const me = await get("/v1/me");
  const link = (href, name, text) => h("a", { href, class: current === name ? "here" : "" }, text);
  fill(
    document.getElementById("top"),
    h("div", { class: "brand" }, h("span", { class: "brand-mark" }, "懂"), "懂客"),
    h("nav", {}, link("/advisor", "advisor", "客户画像"), link("/manager", "manager", "跟进报表")),
    h("span", { class: "spacer" }),
    h("button", { class: "quiet", id: "notices" }, "提醒"),
    h("span", { class: "who" }, [me.branch_name, me.advisor_name || me.login, ROLES[me.role]].filter(Boolean).join(" · ")),
    h("button", { class: "quiet", onclick: leave }, "退出"),
  );
  return me;
}

function leave() {
  token.clear();
  location.replace("/");
}
