// 框里的画像: for systems that cannot load our element. The page that frames it (the policy of this page lets only the
// origins of the setting do so) posts {type: "dongke:open", customer, token}; what happens is posted back to it alone.

import { css } from "lit";
import "../design/page";
import type { DongkeProfile } from "../widget/profile";
import "../widget/profile";

interface Open {
  type: string;
  customer: string;
  token: string;
  theme?: string;
}

const room = css`dongke-profile { padding: 12px; min-height: calc(100vh - 24px); }`;
document.adoptedStyleSheets.push(room.styleSheet!);
const card = document.createElement("dongke-profile") as DongkeProfile;
card.setAttribute("theme", "auto");
document.body.append(card);

addEventListener("message", ({ source, origin, data }: MessageEvent<Partial<Open> | null>) => {
  if (source !== parent || parent === window || data?.type !== "dongke:open") return;
  card.origin = origin;
  card.setAttribute("theme", data.theme === "dark" || data.theme === "light" ? data.theme : "auto");
  card.customer = String(data.customer ?? "");
  card.token = String(data.token ?? "");
});
if (parent !== window) parent.postMessage({ source: "dongke", type: "loaded" }, "*"); // names nobody
