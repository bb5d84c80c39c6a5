// The picture: one head in one pose, look and view, drawn when something of it has changed.

import { heldView, lightAzimuth, metresPerPixel, presetName, projectionMatrix, turnedLights, viewMatrix, viewOf } from "./camera.js";
import { ALL_LAYERS, FlameHead } from "./flame.js";
import { inverseRigid, multiply4 } from "./matrix.js";
import { NoWebGL, Scene } from "./scene.js";

const TINT = 0.62;
/** Distinct for colour-blind eyes too (Okabe & Ito); used in turn. */
export const REGION_COLORS = [
  [230, 159, 0], [86, 180, 233], [0, 158, 115], [240, 228, 66], [0, 114, 178], [213, 94, 0], [204, 121, 167], [150, 150, 150],
];

export class Stage {
  /** @type {import("./flame.js").Layers} */
  layers = { ...ALL_LAYERS };
  headLocked = false;
  wireframe = false;
  tint = false;
  /** Milliseconds that the last pose and the last draw took. */
  cost = { pose: 0, draw: 0 };
  #scene = null;
  #drawing = null;
  #flame = null;
  #look = null;
  #view = null;
  #frame = 0;
  #box = { width: 1, height: 1 };
  #stale = { pose: true, paint: true };

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

  /** Take another head and set-up. */
  setDrawing(drawing) {
    if (drawing === this.#drawing) return;
    this.#drawing = drawing;
    this.#flame = new FlameHead(drawing.head);
    this.#view ??= viewOf(drawing.setup.cameras[drawing.setup.defaults.camera]);
    this.#look ??= drawing.setup.defaults.look;
    this.#build();
  }

  /** Show a clip's first frame; null: the head at rest. */
  setClip(clip) {
    this.#flame?.setClip(clip);
    this.#frame = 0;
    this.#stale.pose = true;
  }

  /** Metres, interleaved, of the frame shown; null before there is a head. */
  get vertices() {
    if (this.#stale.pose) this.#pose();
    return this.#flame?.vertices ?? null;
  }

  /** Size of the picture in CSS pixels. */
  resize(width, height) {
    this.#box = { width, height };
  }

  showFrame(frame) {
    if (frame === this.#frame) return;
    this.#frame = frame;
    this.#stale.pose = true;
  }

  setLayers(layers) {
    for (const name of Object.keys(this.layers)) if (name in layers) this.layers[name] = Boolean(layers[name]);
    this.#stale.pose = true;
  }

  setTint(on) {
    this.tint = Boolean(on);
    this.#stale.paint = true;
  }

  get look() {
    return this.#look;
  }

  /** @returns {boolean} whether there is such a look */
  setLook(name) {
    if (this.setup && !(name in this.setup.looks)) return false;
    this.#look = name;
    this.#stale.paint = true;
    return true;
  }

  /** @returns {import("./camera.js").View | null} */
  get view() {
    return this.#view && { ...this.#view };
  }

  /** Name of the camera preset shown, or null. */
  get camera() {
    return this.#view && this.setup && presetName(this.#view, this.setup.cameras);
  }

  /** A preset's name, or numbers. @returns {boolean} whether there is such a preset */
  setView(view) {
    if (typeof view !== "string") this.#view = heldView(view, this.#view ?? { azimuth: 0, elevation: 0, zoom: 1, panX: 0, panY: 0 });
    else if (view in this.setup.cameras) this.#view = viewOf(this.setup.cameras[view]);
    else return false;
    return true;
  }

  get metresPerPixel() {
    const { width, height } = this.#box;
    return this.head ? metresPerPixel(this.head.header.framing, width / height, height, this.#view.zoom) : 0;
  }

  /** Draw what has to be drawn now. @returns {boolean} whether there is a picture */
  draw() {
    if (!this.#flame) return false;
    if (this.#stale.pose) this.#pose();
    if (!this.#scene || this.#scene.lost) return false;
    const begin = performance.now();
    if (this.#stale.upload) this.#scene.put(this.#flame.vertices, this.#flame.normals);
    if (this.#stale.paint) this.#paint();
    this.#stale.upload = this.#stale.paint = false;
    this.#scene.resize(this.#box.width, this.#box.height);
    this.#scene.draw(this.#shot());
    this.cost.draw = performance.now() - begin;
    return true;
  }

  /** The picture as a PNG file. @returns {Promise<Blob>} */
  picture() {
    // In one go: the browser empties the canvas once it has been shown.
    if (!this.draw()) return Promise.reject(new Error("there is no picture to save"));
    return new Promise((resolve, reject) => {
      this.canvas.toBlob((blob) => (blob ? resolve(blob) : reject(new Error("the browser made no PNG"))), "image/png");
    });
  }

  /** Give the graphics memory back. */
  release() {
    this.#scene?.release();
    this.#scene = null;
  }

  #build() {
    this.#stale = { pose: true, paint: true };
    if (this.#scene && this.#drawing) this.#scene.build(this.#drawing);
  }

  #pose() {
    if (!this.#flame) return;
    const begin = performance.now();
    this.#flame.pose(this.#frame, this.layers);
    this.cost.pose = performance.now() - begin;
    this.#stale.pose = false;
    this.#stale.upload = true;
  }

  #shot() {
    const { setup, head } = this.#drawing;
    const { framing } = head.header;
    const aspect = this.canvas.width / this.canvas.height;
    const fov = setup.fov_degrees;
    const view = viewMatrix(this.#view, framing, aspect, fov);
    const lights = setup.uniforms[this.#look];
    const unturned = Object.keys(setup.cameras).find((name) => setup.cameras[name].light_azimuth === 0);
    return {
      view: this.headLocked ? multiply4(view, inverseRigid(this.#flame.root)) : view,
      projection: projectionMatrix(this.#view, framing, aspect, fov),
      uniforms: {
        ...turnedLights(lights[unturned], lightAzimuth(this.#view.azimuth, setup.cameras)),
        vertex_colors: this.#ownColors || this.#tinted ? 1 : 0,
      },
      wireframe: this.wireframe,
    };
  }

  get #ownColors() {
    return this.setup.looks[this.#look].vertex_colors && "colors" in this.head.arrays;
  }

  get #tinted() {
    return this.tint && "regions" in this.head.arrays;
  }

  #paint() {
    const { colors, openness, regions } = this.head.arrays;
    const mesh = this.setup.looks[this.#look].mesh;
    const own = this.#ownColors, tinted = this.#tinted;
    const rgba = new Uint8Array(4 * openness.length);
    for (let v = 0; v < openness.length; v++) {
      for (let c = 0; c < 3; c++) {
        const base = own ? colors[3 * v + c] : mesh[c];
        rgba[4 * v + c] = tinted ? base + TINT * (REGION_COLORS[regions[v] % REGION_COLORS.length][c] - base) : base;
      }
      rgba[4 * v + 3] = openness[v];
    }
    this.#scene.paint(rgba);
  }
}
