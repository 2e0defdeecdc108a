// What the board shows: the period, the branch, the advisor, the grouping. All of it stands in the address.

import { told } from "../base/address";
import { query } from "../base/http";
import { DAY_MS, isoDay } from "../base/text";

export interface Question {
  start: string;
  end: string;
  branch: string;
  advisor: string;
  group: string;
}

export const PERIODS: [string, string][] = [["7", "近 7 天"], ["30", "近 30 天"], ["90", "近 90 天"], ["", "自己选"]];
export const GROUPS: [string, string][] = [["advisor", "按投资顾问"], ["branch", "按营业部"], ["firm", "全公司"], ["playbook", "按跟进规则"]];
const DEFAULT_DAYS = 90;

export const dayBefore = (days: number): string => isoDay(Date.now() - days * DAY_MS);

/** The question of the address; an advisor's own board is grouped by playbook. */
export function question(isAdvisor: boolean): Question {
  const found = told();
  return {
    start: found.get("start") ?? dayBefore(DEFAULT_DAYS),
    end: found.get("end") ?? isoDay(Date.now()),
    branch: found.get("branch") ?? "",
    advisor: found.get("advisor") ?? "",
    group: found.get("group") ?? (isAdvisor ? "playbook" : "advisor"),
  };
}

/** `?start=…` for the service; `names` are those it knows there. */
export const asked = (q: Question, ...names: (keyof Question)[]): string => query(Object.fromEntries(names.map((name) => [name, q[name]])));
