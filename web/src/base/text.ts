// Dates in Beijing time, sums, ages: as people read them.

const ZONE = { timeZone: "Asia/Shanghai" } as const;
const ISO = new Intl.DateTimeFormat("sv-SE", { ...ZONE, dateStyle: "short" });
const CLOCK = new Intl.DateTimeFormat("zh-CN", { ...ZONE, hour: "2-digit", minute: "2-digit", hour12: false });
export const DAY_MS = 86_400_000;

type When = string | number | Date;

/** 2026-11-22 */
export const isoDay = (when: When): string => ISO.format(new Date(when));
/** 15:30 */
export const clock = (when: When): string => CLOCK.format(new Date(when));

/** 11月22日, with the year where it is not this one. */
export function day(when: When): string {
  const [year, month, date] = isoDay(when).split("-") as [string, string, string];
  const text = `${Number(month)}月${Number(date)}日`;
  return year === isoDay(Date.now()).slice(0, 4) ? text : `${year}年${text}`;
}

export const moment = (when: When): string => `${day(when)} ${clock(when)}`;
export const daysBetween = (from: When, to: When): number =>
  Math.round((Date.parse(isoDay(to)) - Date.parse(isoDay(from))) / DAY_MS);

export function ago(when: When): string {
  const days = daysBetween(when, Date.now());
  if (days <= 0) return "今天";
  if (days === 1) return "昨天";
  return days < 60 ? `${days} 天前` : `${Math.round(days / 30)} 个月前`;
}

interface Due {
  due_at: string;
  overdue: boolean;
}

export function due(row: Due): string {
  const days = daysBetween(Date.now(), row.due_at);
  if (row.overdue) return days === 0 ? "今天已逾期" : `逾期 ${-days} 天`;
  if (Date.parse(row.due_at) < Date.now()) return `期限 ${day(row.due_at)}`;
  if (days === 0) return `今天 ${clock(row.due_at)} 前`;
  if (days === 1) return `明天 ${clock(row.due_at)} 前`;
  return `${moment(row.due_at)} 前`;
}

const trim = (value: number): string => String(Math.round(value * 100) / 100);

export function yuan(amount: number | null | undefined): string {
  if (amount === null || amount === undefined) return "";
  const size = Math.abs(amount);
  if (size >= 1e8) return `${trim(amount / 1e8)} 亿元`;
  return size >= 1e4 ? `${trim(amount / 1e4)} 万元` : `${trim(amount)} 元`;
}

interface Sum {
  low_yuan: number | null;
  high_yuan: number | null;
}

export function amount({ low_yuan: low, high_yuan: high }: Sum): string {
  if (low === null) return high === null ? "" : `不到 ${yuan(high)}`;
  if (high === null) return `${yuan(low)}以上`;
  return low === high ? yuan(low) : `${yuan(low)}–${yuan(high)}`;
}

/** 1:05 of 65,000 ms. */
export const stamp = (ms: number): string =>
  `${Math.floor(ms / 60_000)}:${String(Math.floor(ms / 1000) % 60).padStart(2, "0")}`;

/** 2 分 5 秒 */
export function lasting(ms: number): string {
  const seconds = Math.round(ms / 1000);
  return seconds < 60 ? `${seconds} 秒` : `${Math.floor(seconds / 60)} 分 ${seconds % 60} 秒`;
}
