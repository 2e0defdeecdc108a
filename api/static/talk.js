// The drawer: a conversation with the words marked that prove a tag, and its sound; an opportunity with its causes.

import { amount, clock, day, doing, due, fill, get, h, moment, post, toast } from "/static/lib.js";

const CHANNELS = { call: "电话", chat: "企业微信会话" };
const SPEAKERS = { advisor: "投顾", customer: "客户" };
const BEFORE_MS = 300;

const below = []; // drawers under the one that is open, for "返回"

export function drawer(title, ...content) {
  const open = document.querySelector(".drawer:not([hidden])");
  if (open) {
    open.hidden = true;
    below.push(open);
  } else {
    document.body.append(h("div", { class: "shade", onclick: close }));
  }
  const panel = h(
    "div",
    { class: "drawer", role: "dialog", "aria-modal": "true", "aria-label": title },
    h("div", { class: "drawer-head" },
      below.length ? h("button", { class: "quiet", onclick: back }, "‹ 返回") : null,
      h("h2", {}, title),
      h("span", { class: "spacer" }),
      h("button", { class: "quiet", onclick: close }, "关闭")),
    h("div", { class: "drawer-body" }, ...content),
  );
  document.body.append(panel);
  panel.querySelector("button:last-of-type").focus();
  return panel.querySelector(".drawer-body");
}

function back() {
  document.querySelector(".drawer:not([hidden])").remove();
  below.pop().hidden = false;
}

export function close() {
  document.querySelectorAll(".drawer, .shade").forEach((element) => element.remove());
  below.length = 0;
}

document.addEventListener("keydown", (event) => {
  if (event.key === "Escape") close();
});

// Opens the conversation at an utterance; with `play`, its sound from exactly there.
export async function openTalk(id, { utterance = null, play = false, assertion = null } = {}) {
  const talk = await get(`/v1/conversations/${encodeURIComponent(id)}`);
  const player = talk.has_audio ? new Player(id) : null;
  const head = [
    CHANNELS[talk.channel] || talk.channel,
    talk.direction === "in" ? "客户打来" : "投顾打出",
    moment(talk.started_at),
    `${talk.customer_name || talk.customer_id} 与 ${talk.advisor_name}`,
  ];
  if (talk.channel === "chat") head[1] = talk.direction === "in" ? "客户先说" : "投顾先说";
  const body = drawer(
    `会话 ${talk.id}`,
    h("p", { class: "talk-head" }, head.join(" · ")),
    talk.read ? null : h("p", { class: "notice" }, "这次会话还没有读完, 标签稍后出现。"),
    talk.notes.map((note) => h("p", { class: "notice" }, note)),
    player ? player.element : null,
    h("ol", { class: "talk" }, talk.utterances.map((u) => line(u, talk, player, assertion))),
  );
  const wanted = utterance === null ? null : body.querySelector(`[data-index="${utterance}"]`);
  if (wanted) {
    wanted.classList.add("wanted");
    wanted.scrollIntoView({ block: "center" });
  }
  const said = talk.utterances.find((u) => u.index === utterance);
  if (play && player && said && said.start_ms !== null) player.play(said);
}

function line(u, talk, player, assertion) {
  const when = u.at ? clock(u.at) : u.start_ms === null ? "" : stamp(u.start_ms);
  const words = u.revoked ? h("span", { class: "revoked" }, "已撤回") : h("span", {}, ...marked(u, assertion));
  const labels = [...new Set(u.tags.map((t) => t.label))];
  return h(
    "li",
    { class: `said ${u.speaker}${u.suspect ? " suspect" : ""}`, "data-index": u.index },
    h("div", { class: "said-meta" }, SPEAKERS[u.speaker] || u.speaker, h("span", { class: "when" }, when)),
    h(
      "div",
      { class: "said-words" },
      player && u.start_ms !== null
        ? h("button", { class: "play", title: "听这一句", "aria-label": "听这一句", onclick: () => player.play(u) }, "▶")
        : null,
      words,
      u.suspect && !u.revoked ? h("span", { class: "doubt" }, "转写可疑") : null,
      labels.length ? h("span", { class: "said-tags" }, labels.map((l) => h("span", { class: "chip" }, l))) : null,
    ),
  );
}

// The text with the evidence of tags in <mark>; offsets count characters, as the reader does.
function marked(u, assertion) {
  const letters = [...u.text];
  const level = new Array(letters.length).fill(0);
  for (const tag of u.tags) {
    const weight = assertion && tag.assertion_id === assertion ? 2 : 1;
    for (let n = tag.start; n < Math.min(tag.end, letters.length); n++) level[n] = Math.max(level[n], weight);
  }
  const parts = [];
  for (let start = 0, n = 1; n <= letters.length; n++) {
    if (n < letters.length && level[n] === level[start]) continue;
    const text = letters.slice(start, n).join("");
    parts.push(level[start] ? h("mark", { class: level[start] === 2 ? "this" : "" }, text) : text);
    start = n;
  }
  return parts;
}

const stamp = (ms) => `${Math.floor(ms / 60000)}:${String(Math.floor(ms / 1000) % 60).padStart(2, "0")}`;

class Player {
  constructor(id) {
    this.id = id;
    this.until = null;
    this.audio = h("audio", { controls: true, hidden: true });
    this.whole = h("button", { onclick: doing(() => this.start(0)) }, "▶ 听整段录音");
    this.element = h("div", { class: "player" }, this.whole, this.audio);
    this.ready = null;
    this.audio.addEventListener("timeupdate", () => {
      if (this.until !== null && this.audio.currentTime >= this.until) {
        this.audio.pause();
        this.until = null;
      }
    });
  }

  // A ticket is asked for when somebody listens, not before: listening is on the record.
  load() {
    this.ready ??= post(`/v1/conversations/${encodeURIComponent(this.id)}/audio-ticket`, {}).then((ticket) => {
      this.audio.src = ticket.url;
      this.whole.hidden = true;
      this.audio.hidden = false;
    });
    return this.ready;
  }

  async start(seconds) {
    await this.load();
    this.audio.currentTime = seconds;
    await this.audio.play().catch(() => toast("这段录音不能播放", true));
  }

  async play(utterance) {
    this.until = utterance.end_ms === null ? null : utterance.end_ms / 1000 + 0.2;
    await this.start(Math.max(0, utterance.start_ms - BEFORE_MS) / 1000);
  }
}

// A quote that leads to its words.
export function quote(evidence, assertion = null) {
  const where = evidence.start_ms === null || evidence.start_ms === undefined ? "" : stamp(evidence.start_ms);
  const said = evidence.said_at ? day(evidence.said_at) : "";
  const open = () =>
    openTalk(evidence.conversation_id, { utterance: evidence.utterance, play: Boolean(where), assertion });
  return h(
    "button",
    { class: "quote", title: "看原话", onclick: doing(open) },
    h("q", {}, ...inSentence(evidence)),
    h("span", { class: "quote-from" }, [SPEAKERS[evidence.speaker], said, where].filter(Boolean).join(" · ")),
  );
}

const LONG = 64; // letters of a sentence around its quote

function inSentence({ sentence, quote: words }) {
  const at = sentence ? sentence.indexOf(words) : -1;
  if (at < 0 || sentence === words) return [h("b", {}, words)];
  const room = Math.max(8, Math.floor((LONG - words.length) / 2));
  const before = sentence.slice(0, at);
  const after = sentence.slice(at + words.length);
  return [
    before.length > room ? `…${before.slice(-room)}` : before,
    h("b", {}, words),
    after.length > room ? `${after.slice(0, room)}…` : after,
  ];
}

const OUTCOMES = { done: "自报已跟进", refused: "自报客户拒绝" };

export async function openOpportunity(id, { changed = null, acting = false } = {}) {
  show(await get(`/v1/opportunities/${encodeURIComponent(id)}`), changed, acting);
}

function show(row, changed, acting) {
  const name = row.key_label ? `${row.playbook_label} · ${row.key_label}` : row.playbook_label;
  drawer(
    name,
    h("p", { class: "talk-head" }, [row.customer_name, row.customer_id, `投顾 ${row.owner_name}`, amount(row)].filter(Boolean).join(" · ")),
    h("p", {}, state(row), " ", h("span", { class: row.overdue ? "late" : "" }, due(row)), row.due_provisional ? h("span", { class: "hint" }, " (交易日历未定)") : null),
    row.suitability ? h("p", {}, offered(row.suitability), " ", h("span", { class: "hint" }, row.suitability.text)) : null,
    row.evidence.length ? h("h3", {}, "因为这些话") : null,
    row.evidence.map((e) => quote(e, row.opened_by)),
    h("h3", {}, "经过"),
    h("ol", { class: "causes" }, row.causes.map(cause), row.actions.map(noted)),
    acting && !row.closed_at ? actions(row, changed) : null,
  );
}

/** 可否推荐: the mark of what a row, a tag or a line suggests; nothing where it suggests nothing. */
export const offered = (s) =>
  s ? h("span", { class: s.status === "allowed" ? "chip" : "chip warn", title: `${s.text} (${s.rule} ${s.rule_version}, ${s.law})` },
    s.status === "allowed" ? "可推荐" : "不可推荐") : null;

export const state = (row) =>
  h("span", { class: `state ${row.state}` }, row.state_label + (row.self_reported ? " · 自报" : "") + (row.unassisted ? " · 非跟进所得" : ""));

function cause(c) {
  const talk = c.conversation;
  const first = (c.evidence || [])[0];
  const open = () => openTalk(talk, { utterance: typeof first === "number" ? first : null });
  return h(
    "li",
    {},
    h("span", { class: "when" }, moment(c.at)),
    h("span", {}, c.why || c.state),
    talk ? h("button", { class: "quiet small", onclick: doing(open) }, "看会话") : null,
  );
}

const noted = (a) =>
  h("li", {}, h("span", { class: "when" }, moment(a.at)), h("span", {}, OUTCOMES[a.outcome] || a.outcome, a.comment ? `: ${a.comment}` : ""));

function actions(row, changed) {
  const comment = h("input", { placeholder: "备注 (可不写)", maxlength: "2000", "aria-label": "备注" });
  const key = crypto.randomUUID ? crypto.randomUUID() : `${Date.now()}-${Math.random()}`;
  const act = (outcome) => async () => {
    const path = `/v1/opportunities/${encodeURIComponent(row.id)}/actions`;
    const fresh = await post(path, { outcome, comment: comment.value }, { "Idempotency-Key": `${key}-${outcome}` });
    toast("已登记");
    document.querySelector(".drawer:not([hidden])").remove();
    if (below.length) below.pop().hidden = false;
    else close();
    show(fresh, changed, true);
    if (changed) changed();
  };
  return h(
    "div",
    { class: "act" },
    h("h3", {}, "登记结果"),
    comment,
    h("div", { class: "row" },
      h("button", { onclick: doing(act("done")) }, "已跟进"),
      h("button", { onclick: doing(act("refused")) }, "客户拒绝")),
    h("p", { class: "hint" }, "没有会话能证明的, 报表里显示为自报。"),
  );
}

const NOTICES = { overdue: "逾期", escalated: "已升级", maturity: "到期", profile_expiry: "测评到期" };

export async function openNotices() {
  const page = await get("/v1/notices?limit=100");
  const line = (n) =>
    h("li", {}, h("span", { class: "when" }, moment(n.made_at)), h("span", { class: "chip" }, NOTICES[n.kind] || n.kind),
      h("a", { href: `/advisor#${encodeURIComponent(n.customer_id)}`, onclick: close }, n.customer_name || n.customer_id), h("span", {}, n.text));
  drawer("提醒", page.items.length ? h("ol", { class: "causes" }, page.items.map(line)) : h("p", { class: "empty" }, "没有提醒。"));
}
