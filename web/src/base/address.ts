// What a page shows stands in its address, so that a link, a reload and "back" lead to the same. Only codes and numbers
// stand there: never a name, never words.

export const told = (): URLSearchParams => new URLSearchParams(location.search);

/** Sets or (where empty) removes values without a new entry in the history; with `push`, with one. */
export function tell(values: Record<string, string>, push = false): void {
  const found = told();
  for (const [name, value] of Object.entries(values)) {
    if (value) found.set(name, value);
    else found.delete(name);
  }
  const text = found.toString();
  const url = `${location.pathname}${text ? `?${text}` : ""}${location.hash}`;
  if (push) history.pushState(null, "", url);
  else history.replaceState(null, "", url);
}
