// The keyboard while the timeline has the focus; the same keys as the player's where both have them.

/**
 * `run` is handed the element's actions and the key's place in `keys`.
 * @typedef {{step(frames: number): void, skip(seconds: number): void, goTo(frame: number): void, mark(end: "start" | "end"): void, clear(): void, zoom(factor: number): void, reset(): void}} Actions
 */
const KEYS = [
  { keys: [",", "."], run: (actions, i) => actions.step(i ? 1 : -1) },
  { keys: ["arrowleft", "arrowright"], run: (actions, i) => actions.skip(i ? 0.5 : -0.5) },
  { keys: ["home", "end"], run: (actions, i) => actions.goTo(i ? Infinity : 0) },
  { keys: ["[", "]"], run: (actions, i) => actions.mark(i ? "end" : "start") },
  { keys: ["\\"], run: (actions) => actions.clear() },
  { keys: ["-", "+", "="], run: (actions, i) => actions.zoom(i ? 1.5 : 1 / 1.5) },
  { keys: ["0"], run: (actions) => actions.reset() },
];

/** What the keys do, for a tooltip. */
export const KEYS_HELP = "Click or drag: seek · Shift-drag: loop a region · Wheel: zoom · Double click: all of the clip\n"
  + ", . one frame · ← → half a second · [ ] loop from, to here · \\ no loop · + − zoom · 0 all";

/** What a key press runs: (actions) => void, or null. */
export function actionOf({ key, ctrlKey, metaKey, altKey }) {
  if (ctrlKey || metaKey || altKey) return null;
  for (const { keys, run } of KEYS) {
    const index = keys.indexOf(key.toLowerCase());
    if (index >= 0) return (actions) => run(actions, index);
  }
  return null;
}
