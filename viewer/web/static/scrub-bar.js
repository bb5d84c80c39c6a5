// <scrub-bar>: where playback is, over the loudness of the sound and the opening of the jaw.
// Fires "seek" with {frame} when the user moves it; `show(frame)` reports playback and fires nothing.

import { css, frameText, make, shared } from "./style.js";

const style = css`
  :host { position: relative; height: 56px; border-radius: 8px; background: var(--fv-field); border: 1px solid var(--fv-line);
    overflow: hidden; cursor: pointer; touch-action: none; }
  :host(:focus-within:has(input:focus-visible)) { outline: 2px solid var(--fv-accent); outline-offset: 2px; }
  canvas { position: absolute; inset: 0; width: 100%; height: 100%; }
  .past { position: absolute; inset: 0 auto 0 0; width: 0; background: var(--fv-past); pointer-events: none; }
  .head { position: absolute; top: 0; bottom: 0; left: 0; width: 2px; margin-left: -1px; background: var(--fv-text); pointer-events: none; }
  input { position: absolute; opacity: 0; inset: 0; width: 100%; pointer-events: none; margin: 0; }
  .legend { position: absolute; left: 8px; top: 4px; display: flex; gap: 12px; font-size: 11px; color: var(--fv-muted); pointer-events: none; }
  .legend span::before { content: ""; display: inline-block; width: 10px; height: 3px; margin-right: 5px; vertical-align: 3px; border-radius: 2px; background: var(--key); }
`;

class ScrubBar extends HTMLElement {
  #canvas = make("canvas");
  #past = make("div", { class: "past" });
  #head = make("div", { class: "head" });
  #input = make("input", { type: "range", min: "0", step: "1", value: "0", "aria-label": "Frame" });
  #legend = make("div", { class: "legend", "aria-hidden": "true" });
  #curves = null;
  #frames = 1;

  constructor() {
    super();
    const root = this.attachShadow({ mode: "open" });
    root.adoptedStyleSheets = [shared, style];
    root.append(this.#past, this.#canvas, this.#legend, this.#head, this.#input);
    this.#input.addEventListener("input", () => this.#ask(Number(this.#input.value)));
    this.addEventListener("pointerdown", (event) => {
      if (event.button !== 0 || this.#curves === null) return;
      this.setPointerCapture(event.pointerId);
      this.#input.focus({ preventScroll: true, focusVisible: false });
      event.preventDefault();
      this.#askAt(event);
    });
    this.addEventListener("pointermove", (event) => {
      if (this.hasPointerCapture(event.pointerId)) this.#askAt(event);
    });
    new ResizeObserver(() => this.#draw()).observe(this);
    new MutationObserver(() => this.#draw()).observe(document.body, { attributeFilter: ["class"] });
  }

  /** jaw: degrees per frame, null where they are not known, or null; loudness: 0..1 per frame; clip null: not yet known. */
  setClip(clip) {
    this.#curves = clip && { jaw: clip.jaw?.curve ?? [], loudness: clip.loudness };
    this.#frames = clip?.frames ?? 1;
    this.#head.hidden = this.#past.hidden = this.#input.disabled = clip === null;
    this.#input.max = this.#frames - 1;
    const key = (text, colour) => {
      const label = make("span", {}, text);
      label.style.setProperty("--key", colour);
      return label;
    };
    this.#legend.replaceChildren(
      ...(clip ? [key("sound", "var(--fv-wave)")] : []),
      ...(clip?.jaw ? [key(`jaw, up to ${clip.jaw.max.toFixed(1)}°`, "var(--fv-accent)")] : []),
    );
    this.#draw();
    this.show(0);
  }

  show(frame) {
    const part = `${(100 * (frame + 0.5)) / this.#frames}%`;
    this.#past.style.width = part;
    this.#head.style.left = part;
    this.#input.value = frame;
    this.#input.setAttribute("aria-valuetext", frameText(frame, this.#frames));
  }

  #askAt(event) {
    const { left, width } = this.getBoundingClientRect();
    const part = Math.min(Math.max((event.clientX - left) / width, 0), 1);
    this.#ask(Math.min(Math.floor(part * this.#frames), this.#frames - 1));
  }

  #ask(frame) {
    this.dispatchEvent(new CustomEvent("seek", { detail: { frame } }));
  }

  #draw() {
    const { width, height } = this.getBoundingClientRect();
    if (width === 0) return; // in a hidden tab
    const scale = devicePixelRatio;
    this.#canvas.width = Math.round(width * scale);
    this.#canvas.height = Math.round(height * scale);
    const context = this.#canvas.getContext("2d");
    context.scale(scale, scale);
    if (this.#curves === null) return;
    const colours = getComputedStyle(this);
    const { jaw, loudness } = this.#curves;
    const step = width / this.#frames;
    const bottom = height - 4;
    const room = height - 24; // below the legend

    context.fillStyle = colours.getPropertyValue("--fv-wave");
    loudness.forEach((level, frame) => {
      const bar = Math.max(level * room, 1);
      context.fillRect(frame * step, bottom - bar, Math.max(step - 0.75, 0.5), bar);
    });

    const top = jaw.reduce((most, degrees) => Math.max(most, degrees ?? 0), 5); // a closed mouth's jitter must not fill the lane
    context.strokeStyle = colours.getPropertyValue("--fv-accent");
    context.lineWidth = 1.75;
    context.lineJoin = "round";
    context.beginPath();
    jaw.forEach((degrees, frame) => {
      if (degrees === null) return;
      const [x, y] = [(frame + 0.5) * step, bottom - (degrees / top) * room];
      if (jaw[frame - 1] == null) context.moveTo(x, y); // after a gap, or at the beginning
      else context.lineTo(x, y);
    });
    context.stroke();
  }
}

customElements.define("scrub-bar", ScrubBar);
