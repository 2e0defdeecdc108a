// The pages' own session: an httpOnly cookie, and beside every change the token that only our scripts can read.

import { Client } from "./http";
import type { Me } from "./types";

const SAFE = new Set(["GET", "HEAD"]);

const csrf = (): string => /(?:^|; )dongke_csrf=([^;]*)/.exec(document.cookie)?.[1] ?? "";
const headers = (method: string): Record<string, string> => (SAFE.has(method) ? {} : { "X-CSRF-Token": csrf() });

/** To the log-in and back here afterwards. */
function leave(): void {
  if (location.pathname !== "/") location.replace(`/?next=${encodeURIComponent(location.pathname + location.search)}${location.hash}`);
}

export const client = new Client("", headers, leave);

export const signIn = (login: string, password: string): Promise<Me> => client.post<Me>("/v1/session", { login, password });

export async function signOut(): Promise<void> {
  await client.request("/v1/session", { method: "DELETE" });
  sessionStorage.clear();
  location.replace("/");
}

let asked: Promise<Me> | undefined;
export const me = (): Promise<Me> => (asked ??= client.get<Me>("/v1/me"));
