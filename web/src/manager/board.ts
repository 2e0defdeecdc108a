// What every board shares: it asks anew when the question changes.

import type { PropertyValues } from "lit";
import { Loading } from "../parts/load";
import type { Question } from "./question";

export abstract class Board<T> extends Loading<T> {
  static override properties = { ...Loading.properties, q: { attribute: false }, key: {} };
  declare q: Question;
  /** The question as text: what is shown is of it. */
  declare key: string;

  override willUpdate(changed: PropertyValues): void {
    if (changed.has("key")) void this.load();
  }

  /** What somebody did changes the numbers: the page asks again. */
  protected changed = (): void => {
    this.dispatchEvent(new CustomEvent("changed", { bubbles: true }));
  };
}
