// The pictures: the faces of a clip and of the tracks it is compared with, drawn when something of them has changed.

import { Appearance } from "./appearance.js";
import { Face } from "./face.js";
import { ALL_LAYERS } from "./flame.js";
import { Heat } from "./heat.js";
import { boxOf, cellsOf } from "./layout.js";
import { NoWebGL, Scene } from "./scene.js";

/**
 * A head in a picture. key: of its track, or null for the reference; heat: the reference's shape in the colours of that
 * track's errors; opacity: below 1, what is behind shows through; color: RGB in 0..255 in the place of the look's.
 * @typedef {{key: string | null, heat?: boolean, opacity?: number, color?: number[] | null}} Body
 */

/** What is shown of a single clip: its face. @type {Body[][]} */
export const ALONE = [[{ key: null }]];
/** Colour of a face whose frame is bad in the data. */
export const BAD = [150, 151, 154];

export class Stage {
  /** Milliseconds that the last pose and the last draw took. */
  cost = { pose: 0, draw: 0 };
  appearance = new Appearance((part) => this.#spoil(part));
  #scene = null;
  #drawing = null;
  #faces = new Map(); // by key of the track; null: the reference
  #heats = new Map();
  #pictures = ALONE;
  #topMm = 1;
  #layers = { ...ALL_LAYERS };
  #frame = 0;
  #box = { width: 1, height: 1 };
  #coarse = true;
  #stale = true;

  /** @param {HTMLCanvasElement} canvas */
  constructor(canvas) {
    this.canvas = canvas;
    canvas.addEventListener("webglcontextlost", (event) => event.preventDefault()); // asks to have it back
    canvas.addEventListener("webglcontextrestored", () => {
      this.#build();
      this.draw();
    });
  }

  /** Start WebGL. @returns {boolean} whether the browser has it; without it, vertices are computed all the same */
  start() {
    if (this.#scene?.lost) this.#scene.recover();
    try {
      this.#scene ??= new Scene(this.canvas);
    } catch (error) {
      if (!(error instanceof NoWebGL)) throw error;
    }
    return this.#scene !== null;
  }

  get software() {
    return this.#scene?.software ?? null;
  }

  get setup() {
    return this.#drawing?.setup ?? null;
  }

  get head() {
    return this.#drawing?.head ?? null;
  }

  /** Take another head and set-up; tracks must be set anew. @returns {string | null} as `Appearance.setDrawing` */
  setDrawing(drawing) {
    if (drawing === this.#drawing) return null;
    this.setTracks(new Map());
    this.#drawing = drawing;
    this.#faces.get(null)?.dispose();
    this.#faces.set(null, new Face(drawing.head));
    const remark = this.appearance.setDrawing(drawing);
    this.#build();
    return remark;
  }

  /** Show a clip's first frame; null: the head at rest. The tracks of the clip before go with it. */
  setClip(clip) {
    this.setTracks(new Map());
    this.#reference?.setClip(clip);
    this.#frame = 0;
    this.#spoil("pose");
  }

  /**
   * Have these tracks beside the clip. They are shown on the face of the clip's person, as far as it is known.
   * @param {Map<string, object>} clips  by key
   */
  setTracks(clips) {
    for (const [key, face] of this.#faces) {
      if (key === null || clips.get(key) === face.clip) continue;
      for (const faces of [this.#faces, this.#heats]) {
        faces.get(key)?.dispose();
        faces.delete(key);
      }
    }
    const { clip } = this.#reference ?? {};
    for (const [key, track] of clips) {
      if (this.#faces.has(key)) continue;
      const face = new Face(this.head);
      face.setClip(track, clip.header.motion === "vertices" ? track : clip);
      this.#faces.set(key, face);
    }
    this.#spoil();
  }

  /**
   * What is drawn: a list of heads for each picture. Heads of tracks that are not there are left out.
   * @param {Body[][]} pictures
   * @param {number} topMm  error in mm at which the colours of errors end
   */
  show(pictures, topMm) {
    this.#pictures = pictures;
    if (topMm !== this.#topMm) for (const heat of this.#heats.values()) heat.spoil("paint");
    this.#topMm = topMm;
    this.#spoil();
  }

  /** Where the pictures stand, as shares of the canvas. */
  get cells() {
    const { width, height } = this.#box;
    return cellsOf(this.#pictures.length, width, height, this.head.header.framing);
  }

  /** Metres, interleaved, of the frame shown; null before there is a head. */
  get vertices() {
    this.#reference?.pose(this.#frame, this.#layers);
    return this.#reference?.vertices ?? null;
  }

  /**
   * How far a track is from the reference in the frame shown: mm a vertex, NaN where there is no data.
   * null: the track is not there, or this head does not make its expressions.
   * @returns {Float32Array | null}
   */
  errors(key) {
    return this.#heat(key)?.measure(this.#frame) ?? null;
  }

  /** What the frame shown is in the data of a track if not good, such as "NaN"; null where it is, or there is none. */
  badness(key) {
    return this.#faces.get(key)?.badness(this.#frame) ?? null;
  }

  /** Size of the canvas in CSS pixels. */
  resize(width, height) {
    this.#box = { width, height };
    this.#spoil();
  }

  showFrame(frame) {
    if (frame === this.#frame) return;
    this.#frame = frame;
    this.#spoil("pose");
    for (const heat of this.#heats.values()) heat.spoil("errors");
  }

  /** What is switched on; setting some leaves the others. @type {import("./flame.js").Layers} */
  get layers() {
    return { ...this.#layers };
  }

  set layers(layers) {
    for (const name of Object.keys(this.#layers)) if (name in layers) this.#layers[name] = Boolean(layers[name]);
    this.#spoil("pose");
  }

  /** Metres that a CSS pixel covers; 0 before there is a head. */
  get metresPerPixel() {
    if (!this.head) return 0;
    const [cell] = this.cells;
    return this.appearance.metresPerPixel(cell.width * this.#box.width, cell.height * this.#box.height);
  }

  /**
   * Draw what has to be drawn now.
   * @param {{still?: boolean}} options  still: finer, as nothing moves
   * @returns {boolean} whether there is a picture
   */
  draw({ still = false } = {}) {
    if (!this.#reference) return false;
    this.#pose();
    if (!this.#scene || this.#scene.lost) return false;
    const begin = performance.now();
    this.#stale = false;
    this.#coarse = !still;
    this.#scene.resize(this.#box.width, this.#box.height, { still, inPieces: this.#inPieces() });
    this.#scene.clear(this.appearance.background);
    this.cells.forEach((cell, i) => {
      for (const body of this.#pictures[i]) this.#drawBody(boxOf(cell, this.canvas), body);
    });
    this.canvas.classList.remove("blank");
    this.cost.draw = performance.now() - begin;
    return true;
  }

  /** Give the graphics memory back. */
  release() {
    for (const made of [...this.#faces.values(), ...this.#heats.values()]) made.lose();
    this.#scene?.release();
  }

  /** Whether the picture was drawn in a hurry. */
  get coarse() {
    return this.#coarse;
  }

  /** Whether the picture on the canvas is no longer right. */
  get stale() {
    return this.#stale;
  }

  get #reference() {
    return this.#faces.get(null);
  }

  /** @param {"pose" | "paint"} [part]  what of the faces has to be done anew */
  #spoil(part) {
    this.#stale = true;
    if (part) for (const face of this.#faces.values()) face.spoil(part);
    if (part === "pose") for (const heat of this.#heats.values()) heat.spoil("upload");
  }

  #build() {
    this.#spoil();
    for (const made of [...this.#faces.values(), ...this.#heats.values()]) made.lose();
    if (this.#scene && this.#drawing) this.#scene.build(this.#drawing);
  }

  /** The faces that are seen. A heat is the reference's. */
  get #seen() {
    const keys = new Set(this.#pictures.flat().map(({ key, heat }) => (heat ? null : key)));
    return [...keys].map((key) => this.#faces.get(key)).filter(Boolean);
  }

  #pose() {
    const begin = performance.now();
    for (const face of this.#seen) face.pose(this.#frame, this.#layers);
    this.cost.pose = performance.now() - begin;
  }

  /** Whether a head reaches beyond all that is drawn, as one does whose coefficients are garbage. */
  #inPieces() {
    const { target, radius } = this.head.header.framing;
    return this.#seen.some(({ vertices }) => vertices.some((value, i) => Math.abs(value - target[i % 3]) > radius));
  }

  #drawBody(box, { key, heat, opacity, color }) {
    const face = this.#faces.get(heat ? null : key);
    const errors = heat ? this.#heat(key) : null;
    if (!face || (heat && !errors)) return;
    const mesh = errors
      ? errors.mesh(this.#scene, this.#frame, this.setup.heat, this.#topMm)
      : face.mesh(this.#scene, () => this.appearance.colors());
    const shown = key !== null && !heat && this.badness(key) !== null ? BAD : (color && this.appearance.lit(color));
    const shot = this.appearance.shot(box[2] / box[3], face.root, { heat, color: shown });
    this.#scene.draw(mesh, { box, opacity, ...shot });
  }

  #heat(key) {
    if (!this.#heats.has(key) && this.#faces.has(key)) {
      const [reference, track] = [this.#reference, this.#faces.get(key)];
      if (Heat.says(this.head, reference, track)) this.#heats.set(key, new Heat(reference, track, this.head));
    }
    return this.#heats.get(key) ?? null;
  }
}
