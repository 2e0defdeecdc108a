// The card asks again when its customer has something new. The stream of a widget's token tells only of him.

import type { Client } from "../base/http";
import { stream } from "../base/live";

const SETTLE_MS = 300;
const TOLD = new Set(["hello", "tags", "opportunities", "overdue"]);

export function listen(client: Client, refresh: () => void): () => void {
  let timer = 0;
  const stop = stream(client, "/v1/stream", ({ event }) => {
    if (!TOLD.has(event)) return;
    clearTimeout(timer);
    timer = window.setTimeout(refresh, SETTLE_MS);
  });
  return () => {
    clearTimeout(timer);
    stop();
  };
}
