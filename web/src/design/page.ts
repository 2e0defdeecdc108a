// What every page of the service loads first: its colours, and the ground that its components stand on.

import { css } from "lit";
import { pageTokens } from "./tokens";

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
