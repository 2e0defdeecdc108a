// Files made here: CSV of what a table shows, and what the service gives for download.

import type { Client } from "./http";

const FORMULA = /^[=+\-@\t\r]/;

/** A cell that no spreadsheet runs as a formula. */
function cell(value: unknown): string {
  const text = String(value ?? "");
  const safe = FORMULA.test(text) && Number.isNaN(Number(text)) ? `'${text}` : text;
  return /[",\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}

export function csv(name: string, rows: unknown[][]): void {
  hand(new Blob(["\ufeff", rows.map((row) => row.map(cell).join(",")).join("\r\n")], { type: "text/csv" }), name);
}

export async function download(client: Client, path: string, fallback: string): Promise<void> {
  const answer = await client.request(path);
  const name = /filename="([^"]+)"/.exec(answer.headers.get("Content-Disposition") ?? "")?.[1];
  hand(await answer.blob(), name ?? fallback);
}

function hand(blob: Blob, name: string): void {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(blob);
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
}
