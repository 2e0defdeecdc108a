// The interface as a page, from /openapi.json: no foreign script, nothing leaves the network.

import { fill, h } from "/static/lib.js";

const api = await (await fetch("/openapi.json")).json();
const groups = new Map();
for (const [path, methods] of Object.entries(api.paths)) {
  for (const [method, operation] of Object.entries(methods)) {
    const tag = operation.tags?.[0] || "其他";
    if (!groups.has(tag)) groups.set(tag, []);
    groups.get(tag).push({ path, method, ...operation });
  }
}

fill(
  document.getElementById("docs"),
  h("h1", {}, `${api.info.title} 接口`),
  h("p", { class: "hint" }, `OpenAPI ${api.openapi} · 版本 ${api.info.version} · `, h("a", { href: "/openapi.json" }, "openapi.json"),
    " · 先 POST /v1/token 登录, 之后每个请求带 Authorization: Bearer <凭证> · 错误都是 application/problem+json"),
  [...groups].map(([tag, operations]) => [h("h2", {}, tag), operations.map(shown)]),
);

function shown(o) {
  const body = o.requestBody ? Object.keys(o.requestBody.content).join(", ") : null;
  const answers = Object.entries(o.responses).filter(([status]) => status !== "default").map(([status, r]) => `${status} ${r.description}`);
  return h(
    "details",
    { class: "operation" },
    h("summary", {}, h("span", { class: `method ${o.method}` }, o.method.toUpperCase()), h("code", {}, o.path), h("span", { class: "hint" }, o.description?.split("\n")[0] || "")),
    o.parameters?.length
      ? h("table", {}, h("tbody", {}, o.parameters.map((p) => h("tr", {}, h("th", {}, p.name), h("td", {}, kind(p.schema)), h("td", {}, p.required ? "必填" : ""), h("td", {}, p.description || "")))))
      : null,
    body ? h("p", { class: "hint" }, `请求内容: ${body}`) : null,
    h("p", { class: "hint" }, `回答: ${answers.join(" · ")}`),
  );
}

function kind(schema = {}) {
  if (schema.enum) return schema.enum.join(" | ");
  if (schema.const) return schema.const;
  if (schema.anyOf) return schema.anyOf.map(kind).filter((k) => k !== "null").join(" | ");
  if (schema.$ref) return kind(api.components.schemas[schema.$ref.split("/").at(-1)]);
  if (schema.type === "array") return `${kind(schema.items)} …`;
  return schema.format || schema.type || "";
}
