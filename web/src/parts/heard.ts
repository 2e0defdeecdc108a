// 演示模型: stands behind the words that the demo's model heard. It understands one synthetic voice only.

import { html, nothing, type TemplateResult } from "lit";

export const DEMO_MODEL = "演示模型";

interface Words {
  demo?: boolean;
}

/** Behind a quote on a page. */
export const heard = ({ demo }: Words): TemplateResult | typeof nothing =>
  demo ? html` <span class="badge warn" title="只听得懂合成语音">${DEMO_MODEL}</span>` : nothing;

/** Behind a quote that is plain text: in a file, in a title. */
export const heardText = ({ demo }: Words): string => (demo ? ` · ${DEMO_MODEL}` : "");
