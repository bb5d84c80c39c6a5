// What is written on the picture: notices, words, help.

import { frameStart } from "./clock.js";
import { KEYS } from "./keys.js";
import { make } from "../style.js";

const LINE_CHARACTERS = 46;
const PAUSE_SECONDS = 0.8;
const LAYER_OFF = {
  expression: "Expression off", jaw: "Jaw off", headPose: "Head pose off", identity: "Identity off: mean face",
};

/** Whatever alters the data, and what the viewer noticed about it. */
export function makeNotices() {
  const held = make("div", { class: "notice held", hidden: true });
  const element = make("div", { class: "notices", role: "status", "aria-live": "polite" }, held);
  let shown = "";
  return {
    element,
    /** What is not as in the data. @returns {string[]} */
    get alterations() {
      const shown = element.querySelectorAll(":scope > .notice:not([hidden], .legend, .warn)");
      return Array.from(shown, ({ textContent }) => textContent);
    },
    show(state) {
      const wanted = JSON.stringify([notes(state), state.warnings, state.tint && state.regions]);
      if (wanted === shown) return; // leaves alone what the user has unfolded
      shown = wanted;
      element.replaceChildren(
        held,
        ...notes(state).map((text) => make("div", { class: "notice" }, make("span", { class: "text" }, text))),
        ...(state.tint && state.regions.length ? [legend(state.regions)] : []),
        ...state.warnings.map(warning),
      );
    },
    /** Say of a frame that is not as in the data what is shown instead. clip: its header, or null. */
    showFrame(clip, frame) {
      const note = heldNote(clip, frame);
      held.hidden = note === null;
      if (note !== held.textContent) held.textContent = note;
    },
  };
}

/** The same words as in the captions of an mp4, Clip.held_note. */
function heldNote(clip, frame) {
  const span = clip?.bad_frames?.find(([first, last]) => first <= frame && frame <= last);
  if (!span) return null;
  return `Frame ${frame} is ${clip.bad_values} in the data: the ${span[0] === 0 ? "first" : "last"} good frame is held`;
}

function notes(state) {
  const off = ([name]) => !state.isTrack && !state.layers[name];
  const list = Object.entries(LAYER_OFF).filter(off).map(([, text]) => text);
  if (state.headLocked && !state.isTrack) list.push("Head held still");
  if (state.zeroExpression) list.push("Expression and identity neutral");
  if (state.identityChanges && state.layers.identity) list.push("Identity changes within the clip");
  const silent = state.hasSound && state.speed < 0.5;
  if (state.speed !== 1) list.push(`${state.speed}×${silent ? " (some browsers are silent)" : ""}`);
  if (state.hasSound && state.soundOffset !== 0) list.push(`Sound ${state.soundOffset > 0 ? "+" : ""}${state.soundOffset} ms`);
  return list;
}

function legend(regions) {
  const entries = regions.map(([name, color]) => {
    const dot = make("i");
    dot.style.background = `rgb(${color.join(" ")})`;
    return make("span", {}, dot, name);
  });
  return make("div", { class: "notice legend" }, ...entries);
}

function warning(text) {
  const made = make("button", { type: "button", class: "notice warn", "aria-expanded": "false", title: text },
    make("span", { class: "text" }, text));
  made.addEventListener("click", () => {
    made.setAttribute("aria-expanded", String(made.getAttribute("aria-expanded") !== "true"));
  });
  return made;
}

/** The words being spoken, a line at a time. */
export function makeWords() {
  const line = make("span");
  const element = make("div", { class: "words", "aria-hidden": "true" }, line);
  let lines = [];
  let current = null;
  let fps = 25;
  return {
    element,
    /** words: [text, start, end, doubtful] with seconds. */
    setWords(words, clipFps) {
      fps = clipFps;
      lines = linesOf(words);
      current = null;
      line.replaceChildren();
    },
    show(frame, on) {
      // As in captions of the mp4: what has begun when the frame appears.
      const seconds = frameStart(frame, fps);
      const found = on ? (lines.find(({ end }) => seconds < end) ?? lines.at(-1)) : undefined;
      element.hidden = found === undefined;
      if (!found) return;
      if (found !== current) {
        current = found;
        line.replaceChildren(...found.words.flatMap(({ text, weak }, i) => [i ? " " : "", make("b", weak ? { class: "weak" } : {}, text)]));
      }
      found.words.forEach(({ start, end }, i) => {
        line.children[i].classList.toggle("now", seconds >= start && seconds < end);
      });
    },
  };
}

function linesOf(words) {
  const lines = [];
  let length = 0;
  for (const [text, start, end, weak = false] of words) {
    const last = lines.at(-1);
    if (!last || length + text.length > LINE_CHARACTERS || start - last.end > PAUSE_SECONDS) {
      lines.push({ words: [], end });
      length = 0;
    }
    lines.at(-1).words.push({ text, start, end, weak });
    lines.at(-1).end = end;
    length += text.length + 1;
  }
  return lines;
}

/** The table of keys. */
export function makeHelp(close) {
  const done = make("button", { type: "button", class: "solid" }, "Close");
  done.addEventListener("click", close);
  const rows = KEYS.flatMap(({ shown, label }) => [make("dt", {}, shown), make("dd", {}, label)]);
  const element = make("div", { class: "help", hidden: true },
    make("div", { class: "cover card", role: "dialog", "aria-label": "Keys" }, make("div", {}, make("dl", {}, ...rows), done)));
  return { element, done };
}
