// Plays exactly the seconds of a piece of evidence. One sound at a time.

import type { Client } from "../base/http";
import type { Evidence } from "../base/types";

const BEFORE_S = 0.2;
const AFTER_S = 0.2;
const tickets = new Map<string, { url: string; until: number }>();
const audio = new Audio();
let ends = Infinity;

audio.addEventListener("timeupdate", () => {
  if (audio.currentTime >= ends) audio.pause();
});

/** The address of the sound, good for some minutes: listening is on the record, so it is asked for when somebody listens. */
export async function address(client: Client, conversation: string): Promise<string> {
  const kept = tickets.get(conversation);
  if (kept && kept.until > Date.now() + 30_000) return kept.url;
  const ticket = await client.post<{ url: string; expires_at: string }>(`/v1/conversations/${encodeURIComponent(conversation)}/audio-ticket`, {});
  const found = { url: client.base + ticket.url, until: Date.parse(ticket.expires_at) };
  tickets.set(conversation, found);
  return found.url;
}

export async function play(client: Client, { conversation_id, start_ms, end_ms }: Evidence): Promise<void> {
  audio.pause();
  const url = await address(client, conversation_id);
  if (audio.src !== new URL(url, location.href).href) audio.src = url;
  ends = end_ms === null ? Infinity : end_ms / 1000 + AFTER_S;
  audio.currentTime = Math.max(0, (start_ms ?? 0) / 1000 - BEFORE_S);
  await audio.play();
}

/** For tests and for pages that show what plays. */
export const sound = audio;
