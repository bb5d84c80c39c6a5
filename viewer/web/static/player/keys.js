// The keyboard, in one table: what the keys do, and what the help says. It holds for the rendered film as well, as far as
// a film can do the same.

/**
 * `keys`: names as in KeyboardEvent.key, letters in lower case; `shown`: as the help prints them; `action`: a method of
 * `Actions`, which is handed the value at the key's place in `values`.
 */
export const KEYS = [
  { keys: [" ", "k"], shown: "Space  K", label: "Play, pause", action: "toggle" },
  { keys: [",", "."], shown: ",  .", label: "One frame back, on", action: "step", values: [-1, 1] },
  { keys: ["arrowleft", "arrowright"], shown: "←  →", label: "Half a second back, on", action: "skip", values: [-0.5, 0.5] },
  { keys: ["j", "l"], shown: "J  L", label: "Two seconds back, on", action: "skip", values: [-2, 2] },
  { keys: ["home", "end"], shown: "Home  End", label: "First, last frame", action: "goTo", values: [0, Infinity] },
  { keys: ["p", "n"], shown: "P  N", label: "Previous, next clip", action: "ask", values: ["previous", "next"] },
  { keys: ["r"], shown: "R", label: "Repeat", action: "toggleLoop" },
  { keys: ["[", "]"], shown: "[  ]", label: "Repeat from here, to here", action: "markRegion", values: ["start", "end"] },
  { keys: ["\\"], shown: "\\", label: "Forget the marked region", action: "markRegion", values: [null] },
  { keys: ["q", "e"], shown: "Q  E", label: "Previous, next finding of the checks", action: "finding", values: [-1, 1] },
  { keys: ["a"], shown: "A", label: "Go on at the end, or not", action: "toggleAutoplayNext" },
  { keys: ["<", ">"], shown: "<  >", label: "Slower, faster", action: "changeSpeed", values: [-1, 1] },
  { keys: ["arrowdown", "arrowup"], shown: "↓  ↑", label: "Quieter, louder", action: "changeVolume", values: [-0.1, 0.1] },
  { keys: ["m"], shown: "M", label: "Sound off, on", action: "toggleMute" },
  { keys: ["1", "2", "3"], shown: "1  2  3", label: "Front, three-quarter, profile", action: "preset", values: [0, 1, 2] },
  { keys: ["0"], shown: "0", label: "Reset the camera", action: "resetCamera" },
  { keys: ["w"], shown: "W", label: "Wireframe", action: "toggleWireframe" },
  { keys: ["h"], shown: "H", label: "Hold the head still", action: "toggleHeadLocked" },
  { keys: ["c"], shown: "C", label: "Words on the picture", action: "toggleCaptions" },
  { keys: ["x"], shown: "X", label: "Comparing by flicker: the other track", action: "flip" },
  { keys: ["s"], shown: "S", label: "Save this frame as PNG", action: "save" },
  { keys: ["f"], shown: "F", label: "Full screen", action: "toggleFullscreen" },
  { keys: ["?"], shown: "?", label: "All keys", action: "toggleHelp" },
];

/**
 * Do what a key press means.
 * @param {{key: string, ctrlKey?: boolean, metaKey?: boolean, altKey?: boolean}} event
 * @param {Partial<import("./actions.js").Actions>} actions  what there is to do
 * @returns {boolean} whether it means anything here
 */
export function press({ key, ctrlKey, metaKey, altKey }, actions) {
  if (ctrlKey || metaKey || altKey) return false;
  const name = key.toLowerCase();
  const entry = KEYS.find(({ keys, action }) => keys.includes(name) && action in actions);
  if (!entry) return false;
  actions[entry.action](entry.values?.[entry.keys.indexOf(name)]);
  return true;
}
