// The interface as a page, from /openapi.json: no foreign script, nothing leaves the network.

import { css, html, nothing, type TemplateResult } from "lit";
import { controls } from "../design/controls";
import { places } from "../design/places";
import { show } from "../design/page";
import { Loading } from "../parts/load";

interface Schema {
  enum?: string[];
  const?: string;
  anyOf?: Schema[];
  $ref?: string;
  type?: string;
  format?: string;
  items?: Schema;
}

interface Operation {
  path: string;
  method: string;
  tags?: string[];
  description?: string;
  parameters?: { name: string; required?: boolean; description?: string; schema?: Schema }[];
  requestBody?: { content: Record<string, unknown> };
  responses: Record<string, { description: string }>;
}

interface OpenApi {
  openapi: string;
  info: { title: string; version: string };
  paths: Record<string, Record<string, Omit<Operation, "path" | "method">>>;
  components: { schemas: Record<string, Schema> };
}

class Docs extends Loading<OpenApi> {
  static override styles = [
    controls,
    places,
    css`
      :host { display: block; max-width: 1100px; margin: 0 auto; padding: 24px 18px 80px; }
      h2 { margin: 24px 0 6px; }
      details { background: var(--dk-paper); border: 1px solid var(--dk-line); border-radius: var(--dk-radius); padding: 6px 12px; margin-bottom: 5px; }
      summary { cursor: pointer; overflow-wrap: anywhere; }
      code { font: 13px ui-monospace, monospace; }
      .method { display: inline-block; width: 58px; font-weight: bold; color: var(--dk-brand); font-size: 12px; }
      td, th { text-align: left; padding: 2px 14px 2px 0; vertical-align: top; font-weight: normal; }
    `,
  ];

  constructor() {
    super();
    void this.load();
  }

  protected async ask(): Promise<OpenApi> {
    return (await fetch("/openapi.json")).json() as Promise<OpenApi>;
  }

  protected there(api: OpenApi): TemplateResult {
    const groups = new Map<string, Operation[]>();
    for (const [path, methods] of Object.entries(api.paths))
      for (const [method, operation] of Object.entries(methods)) {
        const tag = operation.tags?.[0] ?? "其他";
        groups.set(tag, [...(groups.get(tag) ?? []), { path, method, ...operation }]);
      }
    return html`<main><h1>${api.info.title} 接口</h1>
      <p class="hint">OpenAPI ${api.openapi} · 版本 ${api.info.version} · <a href="/openapi.json">openapi.json</a> · 程序用 POST /v1/token 登录, 之后每个请求带 Authorization: Bearer &lt;凭证&gt; · 错误都是 application/problem+json</p>
      ${[...groups].map(([tag, operations]) => html`<h2>${tag}</h2>${operations.map((o) => this.operation(o, api))}`)}</main>`;
  }

  private operation(o: Operation, api: OpenApi): TemplateResult {
    const answers = Object.entries(o.responses).filter(([status]) => status !== "default").map(([status, r]) => `${status} ${r.description}`);
    return html`<details>
      <summary><span class="method">${o.method.toUpperCase()}</span> <code>${o.path}</code> <span class="hint">${o.description?.split("\n")[0] ?? ""}</span></summary>
      ${o.parameters?.length ? html`<table>${o.parameters.map((p) => html`<tr><th>${p.name}</th><td>${kind(p.schema ?? {}, api)}</td><td>${p.required ? "必填" : ""}</td><td>${p.description ?? ""}</td></tr>`)}</table>` : nothing}
      ${o.requestBody ? html`<p class="hint">请求内容: ${Object.keys(o.requestBody.content).join(", ")}</p>` : nothing}
      <p class="hint">回答: ${answers.join(" · ")}</p>
    </details>`;
  }
}

function kind(schema: Schema, api: OpenApi): string {
  if (schema.enum) return schema.enum.join(" | ");
  if (schema.const) return schema.const;
  if (schema.anyOf) return schema.anyOf.map((s) => kind(s, api)).filter((k) => k !== "null").join(" | ");
  if (schema.$ref) return kind(api.components.schemas[schema.$ref.split("/").at(-1)!] ?? {}, api);
  if (schema.type === "array") return `${kind(schema.items ?? {}, api)} …`;
  return schema.format ?? schema.type ?? "";
}

customElements.define("dk-docs", Docs);
show("dk-docs");
