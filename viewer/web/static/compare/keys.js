// The keys of a comparison, in one table: what they do, and what the help says.

/** `keys`: names as in KeyboardEvent.key, in lower case; `run`: what they do to the bar. */
const KEYS = [
  { keys: ["o"], shown: "O", label: "Compare, or not", run: (bar) => bar.toggle() },
  { keys: ["y"], shown: "Y", label: "Worst frame; again: of the next track", run: (bar) => bar.showWorst() },
];

/** For the help: [keys, what they do]. */
export const COMPARE_KEYS = KEYS.map(({ shown, label }) => [shown, label]);

/**
 * Do what a key means.
 * @param {string} key
 * @param {{toggle(): void, showWorst(): boolean}} bar
 * @returns {boolean} whether it means anything
 */
export function press(key, bar) {
  const entry = KEYS.find(({ keys }) => keys.includes(key.toLowerCase()));
  if (!entry || !bar) return false;
  entry.run(bar);
  return true;
}
