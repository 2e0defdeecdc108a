// Server-sent events through fetch, so that a token can go in a header. Comes back by itself, ever more slowly.

import type { Client } from "./http";

export interface Told {
  event: string;
  data: Record<string, unknown>;
}

const FIRST_WAIT_MS = 2000;
const LONGEST_WAIT_MS = 60_000;
const SILENCE_MS = 50_000; // the service says something every 15 s
const GIVE_UP = new Set([401, 403, 404]);

/**
 * Calls `told` for every event until the function that it gives back is called. `hello` (ask anew, something may have been
 * missed) is told from the second connection on: at the first one everything was asked for just now.
 */
export function stream(client: Client, path: string, told: (event: Told) => void): () => void {
  const stop = new AbortController();
  void follow(client, path, told, stop.signal);
  return () => stop.abort();
}

async function follow(client: Client, path: string, told: (event: Told) => void, signal: AbortSignal): Promise<void> {
  let isFirst = true;
  const heard = (event: Told): void => {
    if (event.event !== "hello" || !isFirst) told(event);
    isFirst = false;
  };
  for (let wait = FIRST_WAIT_MS; !signal.aborted; wait = Math.min(wait * 2, LONGEST_WAIT_MS)) {
    if (document.hidden) isFirst = false; // what is new meanwhile is asked for when somebody looks again
    await seen();
    try {
      const answer = await client.request(path, { signal, headers: { Accept: "text/event-stream" } });
      wait = FIRST_WAIT_MS;
      await read(answer.body!.getReader(), heard);
      if (document.hidden) continue;
    } catch (fault) {
      if (GIVE_UP.has((fault as { status?: number }).status ?? 0)) return;
    }
    await new Promise((done) => setTimeout(done, wait));
  }
}

/** When somebody looks at the page: a browser holds six connections to one place, and hidden pages need none. */
const seen = (): Promise<unknown> =>
  new Promise((done) => (document.hidden ? document.addEventListener("visibilitychange", done, { once: true }) : done(null)));

/** Until the stream ends, falls silent (a machine that slept), or nobody looks at the page. */
async function read(reader: ReadableStreamDefaultReader<Uint8Array>, told: (event: Told) => void): Promise<void> {
  const decoder = new TextDecoder();
  let rest = "";
  let timer = 0;
  const end = (): void => void reader.cancel().catch(() => undefined);
  const hide = (): void => void (document.hidden && end());
  document.addEventListener("visibilitychange", hide);
  hide();
  try {
    for (;;) {
      clearTimeout(timer);
      timer = window.setTimeout(end, SILENCE_MS);
      const { done, value } = await reader.read();
      if (done) return;
      const pieces = (rest + decoder.decode(value, { stream: true })).split(/\r?\n\r?\n/);
      rest = pieces.pop() ?? "";
      for (const piece of pieces) {
        const event = parse(piece);
        if (event) told(event);
      }
    }
  } finally {
    clearTimeout(timer);
    document.removeEventListener("visibilitychange", hide);
  }
}

function parse(piece: string): Told | null {
  let event = "message";
  const data: string[] = [];
  for (const line of piece.split(/\r?\n/)) {
    if (line.startsWith("event:")) event = line.slice(6).trim();
    if (line.startsWith("data:")) data.push(line.slice(5));
  }
  return data.length ? { event, data: JSON.parse(data.join("\n")) as Record<string, unknown> } : null;
}
