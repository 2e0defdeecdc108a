// What every page of the service loads first: its colours, and the ground that its components stand on.

import { css } from "lit";
import { dark, light, sizes } from "./tokens";

/** For a page: light, or dark where the system is. */
const pageTokens = css`
  :root { ${sizes} ${light} --dk-wave: #a3c9c5; --dk-wave-second: #dcc59b; color-scheme: light; }
  @media (prefers-color-scheme: dark) { :root { ${dark} --dk-wave: #33665e; --dk-wave-second: #6b5830; color-scheme: dark; } }
`;

const ground = css`
  html, body { margin: 0; height: 100%; }
  body { background: var(--dk-ground); color: var(--dk-ink); font: 14px/1.5 var(--dk-font); }
`;

for (const sheet of [pageTokens, ground]) document.adoptedStyleSheets.push(sheet.styleSheet!);

/** Puts the page's element into the body. */
export function show(name: string): HTMLElement {
  const element = document.createElement(name);
  document.body.append(element);
  return element;
}
