// 登录: by password, or by the firm's identity provider.

import { LitElement, css, html, nothing } from "lit";
import { client, signIn } from "../base/session";
import type { Me } from "../base/types";
import { controls } from "../design/controls";
import { show } from "../design/page";

interface Ways {
  password: boolean;
  oidc: { id: string; label: string; url: string }[];
  demo_logins?: { login: string; password: string; title: string }[];
}

const PROBLEMS: Record<string, string> = {
  "oidc-failed": "单点登录没有成功, 请再试一次",
  "oidc-account-unknown": "懂客里没有这个账号, 请联系管理员",
  "role-forbidden": "这个账号不能打开页面",
};

class Login extends LitElement {
  static override styles = [
    controls,
    css`
      :host { display: grid; place-items: center; min-height: 100vh; padding: 16px; }
      main { width: min(360px, 100%); background: var(--dk-paper); border: 1px solid var(--dk-line); border-radius: 12px; padding: 30px 28px; }
      h1 { display: flex; align-items: center; gap: 10px; font-size: 24px; }
      h1 span { display: grid; place-items: center; width: 40px; height: 40px; border-radius: 10px; background: var(--dk-brand); color: var(--dk-on-brand); font-size: 20px; }
      .motto { color: var(--dk-soft); margin: 6px 0 18px; }
      label { display: block; color: var(--dk-soft); margin-bottom: 12px; }
      input { display: block; width: 100%; padding: 8px 10px; margin-top: 3px; color: var(--dk-ink); }
      .wide { display: block; width: 100%; padding: 8px; margin-top: 6px; text-align: center; }
      a.wide { border: 1px solid var(--dk-line); border-radius: var(--dk-radius); text-decoration: none; }
      .fault { color: var(--dk-bad); background: var(--dk-bad-soft); border-radius: var(--dk-radius); padding: 6px 10px; margin-bottom: 12px; }
      .demo { margin-top: 20px; border-top: 1px solid var(--dk-line); padding-top: 10px; display: flex; flex-wrap: wrap; gap: 6px; align-items: center; }
    `,
  ];
  static override properties = { ways: { state: true }, fault: { state: true }, waiting: { state: true } };
  declare ways: Ways;
  declare fault: string;
  declare waiting: boolean;

  constructor() {
    super();
    const problem = new URLSearchParams(location.search).get("problem");
    this.fault = problem ? (PROBLEMS[problem] ?? "没有登录成功") : "";
    this.ways = { password: true, oidc: [] };
    this.waiting = false;
    client.get<Ways>("/v1/session/ways").then((ways) => (this.ways = ways), () => undefined);
  }

  override render(): unknown {
    return html`<main>
      <h1><span aria-hidden="true">懂</span>懂客</h1>
      <p class="motto">客户说过的话, 每一句都算数。</p>
      ${this.fault ? html`<p class="fault" role="alert">${this.fault}</p>` : nothing}
      ${this.ways.password
        ? html`<form @submit=${this.submit}>
            <label>账号<input name="login" autocomplete="username" required autofocus /></label>
            <label>密码<input name="password" type="password" autocomplete="current-password" required /></label>
            <button class="primary wide" type="submit" ?disabled=${this.waiting}>登录</button>
          </form>`
        : nothing}
      ${this.ways.oidc.map((way) => html`<a class="wide" href="${way.url}?next=${encodeURIComponent(wanted("/advisor"))}">${way.label}</a>`)}
      ${this.ways.demo_logins?.length
        ? html`<p class="demo"><span class="hint">演示账号</span>${this.ways.demo_logins.map(
            (d) => html`<button class="quiet" @click=${() => this.enter(d.login, d.password)}>${d.title}</button>`,
          )}</p>`
        : nothing}
    </main>`;
  }

  private submit(event: SubmitEvent): void {
    event.preventDefault();
    const form = new FormData(event.target as HTMLFormElement);
    void this.enter(String(form.get("login")), String(form.get("password")));
  }

  private async enter(login: string, password: string): Promise<void> {
    this.waiting = true;
    this.fault = "";
    try {
      location.replace(wanted(home(await signIn(login, password))));
    } catch (fault) {
      this.fault = (fault as Error).message;
      this.waiting = false;
    }
  }
}

const home = ({ role }: Me): string => (role === "advisor" ? "/advisor" : role === "ingest" ? "/" : "/manager");

/** Where one wanted to go: a page of ours, nothing else. */
function wanted(otherwise: string): string {
  const next = new URLSearchParams(location.search).get("next") ?? "";
  return /^\/(?![/\\])/.test(next) ? next + location.hash : otherwise;
}

customElements.define("dk-login", Login);
show("dk-login");
