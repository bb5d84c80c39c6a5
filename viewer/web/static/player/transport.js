// The scrub bar and the buttons under the picture. They report what the user wants to `actions` and show what is.

import { frameStart } from "./clock.js";
import { showSpeed } from "./speeds.js";
import { clockTime, frameText, icon, make } from "../style.js";

/** A button with an icon, a name for screen readers and a tip that names its key. */
export function button(name, label, key, run, extra = "") {
  const title = key ? `${label} (${key})` : label;
  const made = make("button", { type: "button", class: extra, "aria-label": label, title }, icon(name));
  made.addEventListener("click", run);
  return made;
}

/** @param {import("./actions.js").Actions} actions */
export function makeScrub(actions) {
  const past = make("div", { class: "past" });
  const region = make("div", { class: "region", hidden: true });
  const knob = make("div", { class: "knob" });
  const tip = make("div", { class: "tip", hidden: true });
  const element = make("div", { class: "scrub", role: "slider", tabindex: "0", "aria-label": "Frame", "aria-valuemin": "0" },
    make("div", { class: "track" }), region, past, knob, tip);
  let clip = { state: "empty", frames: 1, fps: 25 };

  const frameOf = (event) => {
    const { left, width } = element.getBoundingClientRect();
    return Math.min(Math.max(Math.floor(((event.clientX - left) / width) * clip.frames), 0), clip.frames - 1);
  };
  element.addEventListener("pointerdown", (event) => {
    if (event.button !== 0) return;
    element.setPointerCapture(event.pointerId);
    actions.beginScrub();
    actions.goTo(frameOf(event));
  });
  element.addEventListener("pointermove", (event) => {
    const frame = frameOf(event);
    if (element.hasPointerCapture(event.pointerId)) actions.goTo(frame);
    tip.textContent = `${clockTime(frameStart(frame, clip.fps))} · ${frame}`;
    tip.style.left = percent(frame + 0.5);
    tip.hidden = clip.state !== "ready";
  });
  element.addEventListener("pointerleave", () => (tip.hidden = true));
  element.addEventListener("lostpointercapture", () => actions.endScrub());

  const percent = (frame) => `${(100 * frame) / clip.frames}%`;
  return {
    element,
    showFrame(frame) {
      if (clip.state !== "ready") return;
      past.style.width = knob.style.left = percent(frame + 0.5);
      element.setAttribute("aria-valuenow", frame);
      element.setAttribute("aria-valuetext", frameText(frame, clip.frames, frameStart(frame, clip.fps)));
    },
    show(state) {
      clip = state;
      const ready = state.state === "ready";
      past.hidden = knob.hidden = !ready;
      element.setAttribute("aria-disabled", String(!ready));
      element.setAttribute("aria-valuemax", clip.frames - 1);
      region.hidden = state.region === null;
      if (!state.region) return;
      region.style.left = percent(state.region.start);
      region.style.width = percent(state.region.end + 1 - state.region.start);
    },
  };
}

/** @param {import("./actions.js").Actions} actions */
export function makeBar(actions) {
  const previous = button("previous", "Previous clip", "P", () => actions.ask("previous"));
  const play = button("play", "Play", "space", () => actions.toggle(), "play");
  const next = button("next", "Next clip", "N", () => actions.ask("next"));
  const back = button("back", "One frame back", ",", () => actions.step(-1), "step");
  const on = button("on", "One frame on", ".", () => actions.step(1), "step");
  const save = button("download", "Save this frame as PNG", "S", () => actions.save());
  const now = document.createTextNode("");
  const detail = make("span", { class: "muted detail" });
  const last = make("span", { class: "muted last" });
  const speed = make("select", { "aria-label": "Speed", title: "Speed (< >)" });
  const loop = button("loop", "Repeat", "R", () => actions.toggleLoop());
  const onwards = button("onwards", "Go on to the next clip at the end", "A", () => actions.toggleAutoplayNext());
  const mute = button("sound", "Sound", "M", () => actions.toggleMute());
  const volume = make("input", { type: "range", class: "volume", min: "0", max: "1", step: "0.05", "aria-label": "Volume" });
  const view = button("view", "View", "", () => actions.togglePanel());
  const help = button("help", "Keys", "?", () => actions.toggleHelp(), "keys");
  help.part = "help";
  view.setAttribute("aria-expanded", "false");
  speed.addEventListener("change", () => actions.setSpeed(Number(speed.value)));
  volume.addEventListener("input", () => actions.setVolume(Number(volume.value)));
  const element = make("div", { class: "bar", role: "group", "aria-label": "Playback" },
    previous, play, next,
    back, on,
    make("div", { class: "time", title: "Frames are counted from 0, as in the arrays" }, now, detail, last),
    make("span", { class: "gap" }),
    speed, loop, onwards, mute, volume,
    save,
    view,
    button("full", "Full screen", "F", () => actions.toggleFullscreen()),
    help);
  let clip = { state: "empty", frames: 1, fps: 25 };

  return {
    element,
    view,
    showFrame(frame) {
      if (clip.state !== "ready") {
        now.data = detail.textContent = last.textContent = "";
        return;
      }
      now.data = `${clockTime(frameStart(frame, clip.fps))} / ${clockTime(clip.frames / clip.fps)}`;
      detail.textContent = ` · frame ${frame}`;
      last.textContent = ` / ${clip.frames - 1}`;
    },
    show(state) {
      clip = state;
      play.replaceChildren(icon(state.playing ? "pause" : "play"));
      play.setAttribute("aria-label", state.playing ? "Pause" : "Play");
      play.title = `${state.playing ? "Pause" : "Play"} (space)`;
      for (const button of [play, back, on, save]) button.disabled = state.state !== "ready";
      previous.disabled = !state.hasPrevious;
      next.disabled = !state.hasNext;
      showSpeed(speed, state.speed);
      loop.setAttribute("aria-pressed", String(state.loop));
      loop.title = state.region ? "Repeat the marked region (R)" : "Repeat the clip (R)";
      onwards.setAttribute("aria-pressed", String(state.autoplayNext));
      const silent = state.muted || state.volume === 0;
      mute.replaceChildren(icon(silent || !state.hasSound ? "muted" : "sound"));
      mute.setAttribute("aria-label", state.hasSound ? (silent ? "Sound on" : "Sound off") : "This clip has no sound");
      mute.title = state.hasSound ? `${silent ? "Sound on" : "Sound off"} (M)` : "This clip has no sound";
      mute.disabled = volume.disabled = !state.hasSound;
      volume.value = state.muted ? 0 : state.volume;
      view.setAttribute("aria-expanded", String(state.panelOpen));
    },
  };
}
