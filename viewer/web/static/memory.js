// What this browser keeps from visit to visit.

/** What was kept under a name; `otherwise` where nothing was, where it cannot be read, or where storage is off. */
export function recall(name, otherwise = null) {
  try {
    return JSON.parse(localStorage.getItem(name)) ?? otherwise;
  } catch {
    return otherwise; // the caller's default serves
  }
}

/** Keep a value that JSON can say. */
export function remember(name, value) {
  try {
    localStorage.setItem(name, JSON.stringify(value));
  } catch {
    // storage is off in this browser, or full: the choice lasts as long as the page
  }
}
