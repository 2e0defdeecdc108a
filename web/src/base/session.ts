// The pages' own session: an httpOnly cookie, and beside every change the token that only our scripts can read.

import { settle } from "../widget/later";
import { Client } from "./http";
import type { Me } from "./types";

const SAFE = new Set(["GET", "HEAD"]);

const csrf = (): string => /(?:^|; )dongke_csrf=([^;]*)/.exec(document.cookie)?.[1] ?? "";
const headers = (method: string): Record<string, string> => (SAFE.has(method) ? {} : { "X-CSRF-Token": csrf() });

/** To the log-in and back here afterwards. */
function leave(): void {
  sessionStorage.clear(); // the last card: the next one here may be somebody else
  if (location.pathname !== "/") location.replace(`/?next=${encodeURIComponent(location.pathname + location.search)}${location.hash}`);
}

export const client = new Client("", headers, leave);

export const signIn = (login: string, password: string): Promise<Me> => client.post<Me>("/v1/session", { login, password });

export async function signOut(): Promise<void> {
  await settle();
  client.end(); // what the page still asks for must not come back as "not signed in" and lead elsewhere
  const answer = await fetch("/v1/session", { method: "DELETE", headers: headers("DELETE") });
  if (!answer.ok) return location.reload();
  sessionStorage.clear();
  location.replace("/");
}

let asked: Promise<Me> | undefined;
export const me = (): Promise<Me> =>
  (asked ??= client.get<Me>("/v1/me").catch((fault) => {
    asked = undefined;
    throw fault;
  }));
