// <play-controls>: buttons under the film, bound to a FilmPlayer. Remembers volume and what happens at the end.
// Fires "previous", "next", "full", and "settings" when speed or what happens at the end was changed.

import { clockTime, css, icon, iconButton, make, shared } from "./style.js";

const SPEEDS = [0.1, 0.25, 0.5, 0.75, 1, 1.25, 1.5, 2];
const MEMORY = "flame-viewer-player";

const style = css`
  :host { display: flex; align-items: center; gap: 2px; flex-wrap: wrap; }
  .play { width: 40px; height: 36px; margin: 0 2px; padding: 0; border-color: transparent; background: var(--fv-accent); color: var(--fv-on-accent); border-radius: 10px; }
  .play:hover { background: var(--fv-accent); filter: brightness(1.08); }
  .time { margin: 0 10px; white-space: nowrap; }
  .gap { flex: 1; }
  input[type="range"] { width: 72px; accent-color: var(--fv-accent); margin: 0 6px 0 0; }
  select { field-sizing: content; height: 32px; padding: 0 4px 0 8px; border: 1px solid transparent; border-radius: 8px; background: none; color: var(--fv-muted); cursor: pointer; }
  select:hover { background: var(--fv-hover); color: var(--fv-text); }
  option { color: CanvasText; background: Canvas; }
  .switch { font-size: 12.5px; }
  @media (max-width: 719px) { input[type="range"], .frames { display: none; } .time { margin: 0 4px; }
    .gap { flex-basis: 100%; height: 0; } .switch { margin-right: auto; } }
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
  #autoplay = make("button", { type: "button", class: "quiet switch", title: "Go on to the next clip at the end (A)" }, "Autoplay");
  #full = iconButton("full", "Full screen", "F");
  #player = null;

  constructor() {
    super();
    const root = this.attachShadow({ mode: "open" });
    root.adoptedStyleSheets = [shared, style];
    root.append(this.previous, this.#play, this.next, this.#time, make("span", { class: "gap" }),
      this.#autoplay, this.#loop, this.#speed, this.#mute, this.#volume, this.#full);
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
    this.#speed.addEventListener("change", () => {
      this.speed = Number(this.#speed.value);
      this.#tellSettings();
    });
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
    const kept = recall();
    video.volume = kept.volume ?? 1;
    video.muted = kept.muted ?? false;
    video.loop = kept.loop ?? false;
    this.#autoplay.setAttribute("aria-pressed", String(kept.autoplay ?? false));
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

  #tellSettings() {
    this.dispatchEvent(new Event("settings"));
  }

  #showState() {
    const { video } = this.#player;
    this.#play.replaceChildren(icon(video.paused ? "play" : "pause"));
    this.#play.setAttribute("aria-label", video.paused ? "Play" : "Pause");
    this.#play.disabled = !this.#player.hasFilm;
    this.#play.title = `${video.paused ? "Play" : "Pause"} (space)`;
    const silent = video.muted || video.volume === 0;
    this.#mute.replaceChildren(icon(silent ? "muted" : "sound"));
    this.#mute.setAttribute("aria-pressed", String(video.muted));
    this.#volume.value = video.muted ? 0 : video.volume;
    this.#loop.setAttribute("aria-pressed", String(video.loop));
    const speeds = SPEEDS.includes(this.speed) ? SPEEDS : [...SPEEDS, this.speed].sort((a, b) => a - b);
    if (this.#speed.childElementCount !== speeds.length) {
      this.#speed.replaceChildren(...speeds.map((speed) => make("option", { value: speed }, `${speed}×`)));
    }
    this.#speed.value = String(this.speed);
    remember({ volume: video.volume, muted: video.muted, loop: video.loop, autoplay: this.autoplay });
  }

  #showTime() {
    const { seconds, frame, frames, fps } = this.#player;
    this.#time.hidden = frames === 0;
    this.#time.replaceChildren(
      `${clockTime(seconds)} / ${clockTime(frames / fps)}`,
      make("span", { class: "muted frames" }, ` · frame ${frame} / ${Math.max(frames - 1, 0)}`),
    );
  }
}

function recall() {
  try {
    return JSON.parse(localStorage.getItem(MEMORY)) ?? {};
  } catch {
    return {}; // storage is off in this browser, or holds something else: the defaults serve
  }
}

function remember(settings) {
  try {
    localStorage.setItem(MEMORY, JSON.stringify(settings));
  } catch {
    // storage is off in this browser: the settings last as long as the page
  }
}

customElements.define("play-controls", PlayControls);
