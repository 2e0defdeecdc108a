// Server-sent events through fetch, so that a token can go in a header. Comes back by itself, ever more slowly.

import type { Client } from "./http";

export interface Told {
  event: string;
  data: Record<string, unknown>;
}

const FIRST_WAIT_MS = 2000;
const LONGEST_WAIT_MS = 60_000;
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
    try {
      const answer = await client.request(path, { signal, headers: { Accept: "text/event-stream" } });
      wait = FIRST_WAIT_MS;
      await read(answer.body!.getReader(), heard);
    } catch (fault) {
      if (GIVE_UP.has((fault as { status?: number }).status ?? 0)) return;
    }
    await new Promise((done) => setTimeout(done, wait));
  }
}

async function read(reader: ReadableStreamDefaultReader<Uint8Array>, told: (event: Told) => void): Promise<void> {
  const decoder = new TextDecoder();
  let rest = "";
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return;
    const pieces = (rest + decoder.decode(value, { stream: true })).split(/\r?\n\r?\n/);
    rest = pieces.pop() ?? "";
    for (const piece of pieces) {
      const event = parse(piece);
      if (event) told(event);
    }
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
