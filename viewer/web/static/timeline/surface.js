// The canvas and the names on it: painted in two layers, so that a moving playhead costs little.

import { frameText, make } from "../style.js";
import { placedMarks } from "./findings-data.js";
import { Layout } from "./layout.js";
import { Legend } from "./legend.js";
import { paintOverlay } from "./paint-overlay.js";
import { paintScene } from "./paint.js";
import { readPalette } from "./palette.js";

export class Surface {
  element = make("div", { class: "body", tabindex: "0", role: "slider", "aria-label": "Time", "aria-valuemin": "0" });
  /** What is painted, null before it is. @type {import("./paint.js").Scene | null} */
  scene = null;
  #canvas = make("canvas", { role: "presentation" });
  #picture = make("canvas"); // all but what moves
  #probe = make("i", { hidden: true });
  #legend = new Legend();

  constructor() {
    this.element.append(this.#canvas, this.#legend.element, this.#probe);
  }

  /** Whether `paintScene` is needed for another width or pixel ratio. */
  fits(width) {
    return this.scene !== null && this.#picture.width === Math.round(width * devicePixelRatio);
  }

  /** Paint what does not move. */
  paintScene(timeline, rows, view, width) {
    const palette = readPalette(this.#probe);
    const layout = new Layout(width, rows, view);
    const marks = timeline.findings ? placedMarks(timeline.findings, layout) : [];
    this.scene = { timeline, layout, palette, marks };
    for (const canvas of [this.#canvas, this.#picture]) {
      canvas.width = Math.round(width * devicePixelRatio);
      canvas.height = Math.round(layout.height * devicePixelRatio);
    }
    this.#canvas.style.height = `${layout.height}px`;
    const context = this.#picture.getContext("2d", { alpha: false });
    context.scale(devicePixelRatio, devicePixelRatio);
    paintScene(context, this.scene);
    this.#legend.place(layout, palette, timeline);
    this.element.setAttribute("aria-valuemax", String(timeline.frames - 1));
  }

  /** Put what moves on it. `moving` is as for `paintOverlay`, `readout` as the element gives it. */
  paint(moving, readout) {
    const context = this.#canvas.getContext("2d");
    context.setTransform(1, 0, 0, 1, 0, 0);
    context.drawImage(this.#picture, 0, 0);
    context.scale(devicePixelRatio, devicePixelRatio);
    paintOverlay(context, this.scene, moving);
    this.#legend.show(readout);
    this.#tell(moving.time);
  }

  /** The playhead in words, for those who cannot see it. */
  #tell(time) {
    const { timeline } = this.scene;
    const frame = timeline.frameAt(time);
    const wrong = timeline.wrongAt(frame);
    this.element.setAttribute("aria-valuenow", String(frame));
    this.element.setAttribute("aria-valuetext", `${frameText(frame, timeline.frames, time)}${wrong ? `, ${wrong}` : ""}`);
  }
}
