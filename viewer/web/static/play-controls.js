// <play-controls>: buttons under the film, bound to a FilmPlayer. Remembers volume and what happens at the end.
// Fires "previous", "next", "full", and "settings" when speed or what happens at the end was changed.

import { recall, remember } from "./memory.js";
import { nextSpeed, showSpeed } from "./player/speeds.js";
import { clockTime, css, icon, iconButton, make, shared } from "./style.js";

const MEMORY = "flame-viewer-player";

const style = css`
  :host { container-type: inline-size; }
  .bar { display: flex; align-items: center; gap: 2px; min-width: 0; }
  .play { width: 40px; height: 36px; margin: 0 2px; padding: 0; border-color: transparent; background: var(--fv-accent); color: var(--fv-on-accent); border-radius: 10px; }
  .play:hover { background: var(--fv-accent); filter: brightness(1.08); }
  .time { flex: 0 1 auto; min-width: 0; margin: 0 8px; overflow: hidden; text-overflow: ellipsis; white-space: nowrap; }
  .gap { flex: 1; }
  input[type="range"] { width: 64px; flex: none; accent-color: var(--fv-accent); margin: 0 6px 0 0; }
  select { field-sizing: content; height: 32px; padding: 0 4px 0 8px; border: 1px solid transparent; border-radius: 8px; background: none; color: var(--fv-muted); cursor: pointer; }
  select:hover { background: var(--fv-hover); color: var(--fv-text); }
  option { color: CanvasText; background: Canvas; }
  /* As the player's: two rows where one is too short. */
  @container (max-width: 680px) { input[type="range"] { display: none; } }
  @container (max-width: 580px) {
    .bar { flex-wrap: wrap; row-gap: 4px; justify-content: space-between; }
    .bar .time { flex: 1; }
    .bar .gap { order: 1; flex-basis: 100%; height: 0; }
    .bar .gap ~ * { order: 2; }
  }
  @container (max-width: 640px) { .last { display: none; } }
  @container (max-width: 400px) { .detail { display: none; } }
  @container (max-width: 470px) { .step { order: 2; } }
  @media (pointer: coarse) { button, select { height: 40px; } button.icon { width: 38px; } }
`;

class PlayControls extends HTMLElement {
  previous = iconButton("previous", "Previous clip", "P");
  next = iconButton("next", "Next clip", "N");
  #play = make("button", { type: "button", class: "play" });
  #time = make("span", { class: "time digits" });
  #speed = make("select", { "aria-label": "Speed", title: "Speed" });
  #mute = iconButton("sound", "Mute", "M");
  #volume = make("input", { type: "range", min: "0", max: "1", step: "0.05", "aria-label": "Volume" });
  #loop = iconButton("loop", "Repeat this clip", "R");
  #autoplay = iconButton("onwards", "Go on to the next clip at the end", "A");
  #back = iconButton("back", "One frame back", ",");
  #on = iconButton("on", "One frame on", ".");
  #full = iconButton("full", "Full screen", "F");
  #player = null;

  constructor() {
    super();
    const root = this.attachShadow({ mode: "open" });
    root.adoptedStyleSheets = [shared, style];
    root.append(make("div", { class: "bar", role: "group", "aria-label": "Playback" }, this.previous, this.#play, this.next, this.#back, this.#on, this.#time, make("span", { class: "gap" }),
      this.#speed, this.#loop, this.#autoplay, this.#mute, this.#volume, this.#full));
    for (const button of [this.#back, this.#on]) button.classList.add("step");
    this.#back.addEventListener("click", () => this.#player.step(-1));
    this.#on.addEventListener("click", () => this.#player.step(1));
    this.previous.addEventListener("click", () => this.dispatchEvent(new Event("previous")));
    this.next.addEventListener("click", () => this.dispatchEvent(new Event("next")));
    this.#full.addEventListener("click", () => this.dispatchEvent(new Event("full")));
    this.#play.addEventListener("click", () => this.#player.toggle());
    this.#mute.addEventListener("click", () => this.toggleMute());
    this.#loop.addEventListener("click", () => this.toggleLoop());
    this.#autoplay.addEventListener("click", () => this.toggleAutoplay());
    this.#volume.addEventListener("input", () => {
      this.#player.video.volume = Number(this.#volume.value);
      this.#player.video.muted = false;
    });
    this.#speed.addEventListener("change", () => this.#setSpeed(Number(this.#speed.value)));
  }

  /** Whether the next clip follows at the end. */
  get autoplay() {
    return this.#autoplay.getAttribute("aria-pressed") === "true";
  }

  set autoplay(on) {
    this.#autoplay.setAttribute("aria-pressed", String(on));
    this.#showState();
  }

  /** Whether the clip repeats. */
  get loop() {
    return this.#player.video.loop;
  }

  set loop(on) {
    this.#player.video.loop = on;
    this.#showState();
  }

  get speed() {
    return this.#player.video.defaultPlaybackRate;
  }

  set speed(speed) {
    const { video } = this.#player;
    video.defaultPlaybackRate = video.playbackRate = speed; // the default survives the next film
    this.#showState();
  }

  bind(player) {
    this.#player = player;
    const { video } = player;
    const kept = recall(MEMORY, {});
    if (Number.isFinite(kept.volume)) video.volume = Math.min(Math.max(kept.volume, 0), 1);
    video.muted = kept.muted === true;
    video.loop = kept.loop === true;
    this.#autoplay.setAttribute("aria-pressed", String(kept.autoplay === true));
    player.addEventListener("state", () => this.#showState());
    player.addEventListener("frame", () => this.#showTime());
    this.#showState();
    this.#showTime();
  }

  toggleMute() {
    this.#player.video.muted = !this.#player.video.muted;
  }

  toggleLoop() {
    this.loop = !this.loop;
    if (this.loop) this.autoplay = false;
    this.#tellSettings();
  }

  toggleAutoplay() {
    this.autoplay = !this.autoplay;
    if (this.autoplay) this.loop = false;
    this.#tellSettings();
  }

  /** Faster (direction 1) or slower (-1). */
  changeSpeed(direction) {
    this.#setSpeed(nextSpeed(this.speed, direction));
  }

  #setSpeed(speed) {
    this.speed = speed;
    this.#tellSettings();
  }

  #tellSettings() {
    this.dispatchEvent(new Event("settings"));
  }

  #showState() {
    const { video } = this.#player;
    this.#play.replaceChildren(icon(video.paused ? "play" : "pause"));
    this.#play.setAttribute("aria-label", video.paused ? "Play" : "Pause");
    for (const button of [this.#play, this.#back, this.#on]) button.disabled = !this.#player.hasFilm;
    this.#play.title = `${video.paused ? "Play" : "Pause"} (space)`;
    const silent = video.muted || video.volume === 0;
    this.#mute.replaceChildren(icon(silent ? "muted" : "sound"));
    this.#mute.setAttribute("aria-pressed", String(video.muted));
    this.#volume.value = video.muted ? 0 : video.volume;
    this.#loop.setAttribute("aria-pressed", String(video.loop));
    showSpeed(this.#speed, this.speed);
    remember(MEMORY, { volume: video.volume, muted: video.muted, loop: video.loop, autoplay: this.autoplay });
  }

  #showTime() {
    const { seconds, frame, frames, fps } = this.#player;
    this.#time.hidden = frames === 0;
    this.#time.replaceChildren(
      `${clockTime(seconds)} / ${clockTime(frames / fps)}`,
      make("span", { class: "muted detail" }, ` · frame ${frame}`),
      make("span", { class: "muted last" }, ` / ${Math.max(frames - 1, 0)}`),
    );
  }
}

customElements.define("play-controls", PlayControls);
