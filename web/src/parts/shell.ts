// The frame of every page: where one is, what can be searched, what reminds, who is signed in.

import { LitElement, css, html, nothing } from "lit";
import { client, me, signOut } from "../base/session";
import { moment } from "../base/text";
import type { Me, Page } from "../base/types";
import { controls } from "../design/controls";
import { places } from "../design/places";
import { drawer } from "./drawer";
import { failed } from "./load";
import { complain } from "./toast";

const ROLES: Record<Me["role"], string> = { advisor: "投资顾问", manager: "管理者", compliance: "合规", admin: "系统管理员", ingest: "接入程序" };
const NOTICES: Record<string, string> = { overdue: "逾期", escalated: "升级", maturity: "到期", profile_expiry: "测评" };
const LINKS: [string, string, string, Me["role"][]][] = [
  ["advisor", "/advisor", "客户", ["advisor", "manager", "compliance", "admin"]],
  ["manager", "/manager", "跟进", ["advisor", "manager", "compliance", "admin"]],
  ["playbooks", "/playbooks", "规则", ["manager", "compliance", "admin"]],
  ["system", "/system", "运行", ["manager", "admin"]],
];

interface Notice {
  kind: string;
  customer_id: string;
  customer_name: string;
  text: string;
  made_at: string;
}

class Shell extends LitElement {
  static override styles = [
    controls,
    places,
    css`
      :host { display: flex; flex-direction: column; min-height: 100vh; }
      header { position: sticky; top: 0; z-index: 10; display: flex; align-items: center; gap: 4px 18px; flex-wrap: wrap; padding: 0 18px; min-height: 46px; background: var(--dk-paper); border-bottom: 1px solid var(--dk-line); }
      .brand { display: flex; gap: 8px; align-items: center; font-weight: bold; font-size: 16px; color: inherit; text-decoration: none; }
      .brand span { display: grid; place-items: center; width: 26px; height: 26px; border-radius: 7px; background: var(--dk-brand); color: var(--dk-on-brand); font-size: 14px; }
      nav { display: flex; gap: 2px; align-self: stretch; }
      nav a { display: flex; align-items: center; padding: 0 12px; color: var(--dk-soft); text-decoration: none; border-bottom: 2px solid transparent; min-height: 44px; }
      nav a:hover { color: var(--dk-ink); }
      nav a[aria-current] { color: var(--dk-brand); border-color: var(--dk-brand); font-weight: bold; }
      main { flex: 1; display: flex; flex-direction: column; min-height: 0; }
      .skip { position: absolute; left: -999px; }
      .skip:focus { left: 8px; top: 8px; background: var(--dk-paper); padding: 6px 12px; z-index: 20; }
      .who { display: flex; gap: 4px; align-items: center; margin-left: auto; }
      @media (max-width: 600px) { .who .hint { display: none; } header { padding: 0 10px; } nav a { padding: 0 9px; } }
    `,
  ];
  static override properties = { here: {}, who: { state: true }, fault: { state: true } };
  declare here: string;
  declare fault: string;
  declare who: Me | null;

  constructor() {
    super();
    this.who = null;
    this.fault = "";
    me().then((found) => (this.who = found), (fault: Error) => (this.fault = fault.message));
  }

  override render(): unknown {
    const who = this.who;
    return html`
      <a class="skip" href="#main" @click=${this.skip}>跳到内容</a>
      <header>
        <a class="brand" href="/advisor"><span aria-hidden="true">懂</span>懂客</a>
        <nav aria-label="页面">
          ${LINKS.filter(([, , , roles]) => !who || roles.includes(who.role)).map(
            ([name, href, text]) => html`<a href=${href} aria-current=${name === this.here ? "page" : nothing}>${text}</a>`,
          )}
        </nav>
        <div class="who">
          <button class="quiet" @click=${this.notices}>提醒</button>
          ${who ? html`<span class="hint">${[who.branch_name, who.advisor_name ?? who.login, ROLES[who.role]].filter(Boolean).join(" · ")}</span>` : nothing}
          <button class="quiet" @click=${() => void signOut().catch(complain)}>退出</button>
        </div>
      </header>
      <main id="main" tabindex="-1">${this.fault ? failed(this.fault, () => location.reload()) : nothing}<slot></slot></main>
    `;
  }

  private skip(event: Event): void {
    event.preventDefault();
    this.renderRoot.querySelector<HTMLElement>("main")!.focus();
  }

  private async notices(): Promise<void> {
    try {
      const page = await client.get<Page<Notice>>("/v1/notices?limit=100");
      drawer("提醒", page.items.length ? html`<table class="notices">${page.items.map(line)}</table>` : html`<p class="empty">没有提醒。</p>`);
    } catch (fault) {
      complain(fault);
    }
  }
}

const line = (n: Notice) => html`<tr>
  <td class="hint">${moment(n.made_at)}</td>
  <td><span class="badge ${n.kind === "overdue" || n.kind === "escalated" ? "bad" : ""}">${NOTICES[n.kind] ?? n.kind}</span></td>
  <td><a href="/advisor#${encodeURIComponent(n.customer_id)}">${n.customer_name || n.customer_id}</a></td>
  <td>${n.text.replace(/ \(客户 [^)]*\)$/, "")}</td>
</tr>`;

customElements.define("dk-shell", Shell);
