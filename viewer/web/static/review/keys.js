// The keys of a review, in one table: what they do while the panel is open, and what the help says. V works always.

/** `keys`: names as in KeyboardEvent.key, in lower case; `action`: a method of `Review`, handed the value beside the key. */
export const REVIEW_KEYS = [
  { keys: ["v"], shown: "V", label: "Open, close the review", action: "toggle", always: true },
  { keys: ["g", "b", "u"], shown: "G  B  U", label: "Good, bad, unsure", action: "judge", values: ["good", "bad", "unsure"] },
  { keys: ["d"], shown: "D", label: "Details: reason and note", action: "ask" },
  { keys: ["t"], shown: "T", label: "Time mark at this frame", action: "markTime" },
  { keys: ["z"], shown: "Z", label: "Take the last verdict back", action: "undo" },
  { keys: ["p", "n"], shown: "P  N", label: "Previous, next clip of the queue" }, // the player asks for it
];

/**
 * Do what a key means to a review.
 * @param {string} key
 * @param {import("./review.js").Review} review
 * @returns {boolean} whether it means anything
 */
export function press(key, review) {
  const name = key.toLowerCase();
  const entry = REVIEW_KEYS.find(({ keys, action }) => action && keys.includes(name));
  if (!entry || !(entry.always || review.isOpen)) return false;
  review[entry.action](entry.values?.[entry.keys.indexOf(name)]);
  return true;
}
