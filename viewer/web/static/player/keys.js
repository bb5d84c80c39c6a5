// The keyboard, in one table: what the keys do, and what the help says.

const SPEEDS = [0.1, 0.25, 0.5, 0.75, 1, 1.25, 1.5, 2];

/** Next speed up or down. */
export function nextSpeed(speed, direction) {
  const ordered = direction > 0 ? SPEEDS : [...SPEEDS].reverse();
  return ordered.find((other) => (other - speed) * direction > 1e-6) ?? speed;
}

/**
 * `keys`: names as in KeyboardEvent.key, letters in lower case; `shown`: as the help prints them.
 * `run` is handed what keys may do (`Actions` in flame-player.js) and the key's place in `keys`.
 */
export const KEYS = [
  { keys: [" ", "k"], shown: "Space  K", label: "Play, pause", run: (player) => player.toggle() },
  { keys: [",", "."], shown: ",  .", label: "One frame back, on", run: (player, i) => player.step(i ? 1 : -1) },
  { keys: ["arrowleft", "arrowright"], shown: "←  →", label: "Half a second back, on", run: (player, i) => player.skip(i ? 0.5 : -0.5) },
  { keys: ["j", "l"], shown: "J  L", label: "Two seconds back, on", run: (player, i) => player.skip(i ? 2 : -2) },
  { keys: ["home", "end"], shown: "Home  End", label: "First, last frame", run: (player, i) => player.goTo(i ? Infinity : 0) },
  { keys: ["[", "]"], shown: "[  ]", label: "Repeat from here, to here", run: (player, i) => player.markRegion(i ? "end" : "start") },
  { keys: ["\\"], shown: "\\", label: "Forget the marked region", run: (player) => player.markRegion(null) },
  { keys: ["r"], shown: "R", label: "Repeat", run: (player) => player.toggleLoop() },
  { keys: ["<", ">"], shown: "<  >", label: "Slower, faster", run: (player, i) => player.changeSpeed(i ? 1 : -1) },
  { keys: ["arrowdown", "arrowup"], shown: "↓  ↑", label: "Quieter, louder", run: (player, i) => player.changeVolume(i ? 0.1 : -0.1) },
  { keys: ["m"], shown: "M", label: "Sound off, on", run: (player) => player.toggleMute() },
  { keys: ["p", "n"], shown: "P  N", label: "Previous, next clip", run: (player, i) => player.ask(i ? "next" : "previous") },
  { keys: ["1", "2", "3"], shown: "1  2  3", label: "Front, three-quarter, profile", run: (player, i) => player.preset(i) },
  { keys: ["0"], shown: "0", label: "Reset the camera", run: (player) => player.resetCamera() },
  { keys: ["w"], shown: "W", label: "Wireframe", run: (player) => player.toggleWireframe() },
  { keys: ["h"], shown: "H", label: "Hold the head still", run: (player) => player.toggleHeadLocked() },
  { keys: ["c"], shown: "C", label: "Words", run: (player) => player.toggleCaptions() },
  { keys: ["s"], shown: "S", label: "Save this frame as PNG", run: (player) => player.save() },
  { keys: ["?"], shown: "?", label: "This help", run: (player) => player.toggleHelp() },
];

/** What a key press runs: (player) => void, or null. */
export function actionOf({ key, ctrlKey, metaKey, altKey }) {
  if (ctrlKey || metaKey || altKey) return null;
  const name = key.toLowerCase();
  for (const { keys, run } of KEYS) {
    const index = keys.indexOf(name);
    if (index >= 0) return (player) => run(player, index);
  }
  return null;
}
