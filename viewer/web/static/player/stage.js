// The picture: one head in one pose, look and view, drawn when something of it has changed.

import {
  heldView, lightAzimuth, metresPerPixel, presetName, projectionMatrix, turnedLights, viewMatrix, viewOf,
} from "./camera.js";
import { ALL_LAYERS, FlameHead } from "./flame.js";
import { inverseRigid, multiply4 } from "./matrix.js";
import { usesOwnColors, usesRegions, vertexColors } from "./paint.js";
import { NoWebGL, Scene } from "./scene.js";

const CENTRED = { azimuth: 0, elevation: 0, zoom: 1, panX: 0, panY: 0 };
export class Stage {
  /** Milliseconds that the last pose and the last draw took. */
  cost = { pose: 0, draw: 0 };
  #scene = null;
  #drawing = null;
  #flame = null;
  #look = null;
  #view = null;
  #wantedCamera = null;
  #layers = { ...ALL_LAYERS };
  #tint = false;
  #frame = 0;
  #box = { width: 1, height: 1 };
  #headLocked = false;
  #wireframe = false;
  #coarse = true;
  /** What has to be done anew: `draw` follows from each of the others. */
  #stale = { pose: true, upload: true, paint: true, draw: true };

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

  /**
   * Take another head and set-up.
   * @returns {string | null} what to tell the user where a wanted look or camera does not exist
   */
  setDrawing(drawing) {
    if (drawing === this.#drawing) return null;
    this.#drawing = drawing;
    this.#flame = new FlameHead(drawing.head);
    const { looks, cameras, defaults } = drawing.setup;
    const unknown = [];
    const known = (kind, choices, wanted) => {
      if (wanted === null || wanted in choices) return wanted;
      unknown.push(missing(kind, wanted, choices));
      return null;
    };
    this.#look = known("look", looks, this.#look) ?? defaults.look;
    const preset = known("camera", cameras, this.#wantedCamera);
    if (preset || !this.#view) this.#view = viewOf(cameras[preset ?? defaults.camera]);
    this.#wantedCamera = null;
    this.#build();
    return unknown.join(" ") || null;
  }

  /** Show a clip's first frame; null: the head at rest. */
  setClip(clip) {
    this.#flame?.setClip(clip);
    this.#frame = 0;
    this.#spoil("pose");
  }

  /** Metres, interleaved, of the frame shown; null before there is a head. */
  get vertices() {
    if (this.#stale.pose) this.#pose();
    return this.#flame?.vertices ?? null;
  }

  /** Size of the picture in CSS pixels. */
  resize(width, height) {
    this.#box = { width, height };
    this.#spoil();
  }

  showFrame(frame) {
    if (frame === this.#frame) return;
    this.#frame = frame;
    this.#spoil("pose");
  }

  /** What is switched on; setting some leaves the others. @type {import("./flame.js").Layers} */
  get layers() {
    return { ...this.#layers };
  }

  set layers(layers) {
    for (const name of Object.keys(this.#layers)) if (name in layers) this.#layers[name] = Boolean(layers[name]);
    this.#spoil("pose");
  }

  /** Whether regions are coloured. */
  get tint() {
    return this.#tint;
  }

  set tint(on) {
    this.#tint = Boolean(on);
    this.#spoil("paint");
  }

  /** Whether the camera turns with the head, so that the head stays where it is. */
  get headLocked() {
    return this.#headLocked;
  }

  set headLocked(on) {
    this.#headLocked = Boolean(on);
    this.#spoil();
  }

  /** Whether the edges of the mesh are drawn. */
  get wireframe() {
    return this.#wireframe;
  }

  set wireframe(on) {
    this.#wireframe = Boolean(on);
    this.#spoil();
  }

  /** Name of a look. @throws {RangeError} */
  get look() {
    return this.#look;
  }

  set look(name) {
    if (this.setup && !(name in this.setup.looks)) throw new RangeError(missing("look", name, this.setup.looks));
    this.#look = name;
    this.#spoil("paint");
  }

  get looks() {
    return Object.keys(this.setup?.looks ?? {});
  }

  /** Where the camera is; setting some numbers leaves the others. @type {import("./camera.js").View} */
  get view() {
    return { ...(this.#view ?? CENTRED) };
  }

  set view(view) {
    this.#view = heldView(view, this.#view ?? CENTRED);
    this.#wantedCamera = null;
    this.#spoil();
  }

  /** Name of the preset that is shown, or null where the camera was moved. @throws {RangeError} */
  get camera() {
    return this.setup ? presetName(this.#view, this.setup.cameras) : this.#wantedCamera;
  }

  set camera(name) {
    if (!this.setup) {
      this.#wantedCamera = name;
      return;
    }
    if (!(name in this.setup.cameras)) throw new RangeError(missing("camera", name, this.setup.cameras));
    this.#view = viewOf(this.setup.cameras[name]);
    this.#spoil();
  }

  get cameras() {
    return Object.keys(this.setup?.cameras ?? {});
  }

  get metresPerPixel() {
    const { width, height } = this.#box;
    return this.head ? metresPerPixel(this.head.header.framing, width / height, height, this.#view.zoom) : 0;
  }

  /**
   * Draw what has to be drawn now.
   * @param {{still?: boolean}} options  still: finer, as nothing moves
   * @returns {boolean} whether there is a picture
   */
  draw({ still = false } = {}) {
    if (!this.#flame) return false;
    if (this.#stale.pose) this.#pose();
    if (!this.#scene || this.#scene.lost) return false;
    const begin = performance.now();
    if (this.#stale.upload) this.#scene.put(this.#flame.vertices, this.#flame.normals);
    if (this.#stale.paint) this.#scene.paint(vertexColors(this.head, this.setup.looks[this.#look], this.#tint));
    this.#stale.upload = this.#stale.paint = this.#stale.draw = false;
    this.#coarse = !still;
    this.#scene.resize(this.#box.width, this.#box.height, { still, inPieces: this.#inPieces() });
    this.#scene.draw(this.#shot());
    this.canvas.classList.remove("blank");
    this.cost.draw = performance.now() - begin;
    return true;
  }

  /** The picture as a PNG file. @returns {Promise<Blob>} */
  picture() {
    // In one go: the browser empties the canvas once it has been shown.
    if (!this.draw({ still: true })) return Promise.reject(new Error("there is no picture to save"));
    return new Promise((resolve, reject) => {
      this.canvas.toBlob((blob) => (blob ? resolve(blob) : reject(new Error("the browser made no PNG"))), "image/png");
    });
  }

  /** Give the graphics memory back. */
  release() {
    this.#scene?.release();
  }

  /** Whether the picture was drawn in a hurry. */
  get coarse() {
    return this.#coarse;
  }

  /** Whether the picture on the canvas is no longer right. */
  get stale() {
    return this.#stale.draw;
  }

  #spoil(...parts) {
    for (const part of [...parts, "draw"]) this.#stale[part] = true;
  }

  #build() {
    this.#spoil("pose", "paint");
    if (this.#scene && this.#drawing) this.#scene.build(this.#drawing);
  }

  #pose() {
    if (!this.#flame) return;
    const begin = performance.now();
    this.#flame.pose(this.#frame, this.#layers);
    this.cost.pose = performance.now() - begin;
    this.#stale.pose = false;
    this.#spoil("upload");
  }

  /** Whether the head reaches beyond all that is drawn, as one does whose coefficients are garbage. */
  #inPieces() {
    const { target, radius } = this.head.header.framing;
    return this.#flame.vertices.some((value, i) => Math.abs(value - target[i % 3]) > radius);
  }

  #shot() {
    const { setup, head } = this.#drawing;
    const { framing } = head.header;
    const aspect = this.canvas.width / this.canvas.height;
    const fov = setup.fov_degrees;
    const view = viewMatrix(this.#view, framing, aspect, fov);
    const look = setup.looks[this.#look], lights = setup.uniforms[this.#look];
    const unturned = Object.keys(setup.cameras).find((name) => setup.cameras[name].light_azimuth === 0);
    return {
      view: this.#headLocked ? multiply4(view, inverseRigid(this.#flame.root)) : view,
      projection: projectionMatrix(this.#view, framing, aspect, fov),
      uniforms: {
        ...turnedLights(lights[unturned], lightAzimuth(this.#view.azimuth, setup.cameras)),
        vertex_colors: usesOwnColors(head, look) || usesRegions(head, this.#tint) ? 1 : 0,
      },
      wireframe: this.#wireframe,
    };
  }
}

function missing(kind, name, choices) {
  return `There is no ${kind} "${name}"; choose one of: ${Object.keys(choices).join(", ")}.`;
}
