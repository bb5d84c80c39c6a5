// How heads are shown: look, camera, and what of the mesh. The same for all pictures.

import {
  heldView, lightAzimuth, metresPerPixel, presetName, projectionMatrix, turnedLights, viewMatrix, viewOf,
} from "./camera.js";
import { inverseRigid, multiply4 } from "./matrix.js";
import { litColor, usesOwnColors, usesRegions, vertexColors } from "./paint.js";

const CENTRED = { azimuth: 0, elevation: 0, zoom: 1, panX: 0, panY: 0 };
/** Colours that stand for a number are lit without gloss, so that light does not change the number much. */
const MATT = { specular: 0, rim: 0, vertex_colors: 1 };

export class Appearance {
  #spoil;
  #drawing = null;
  #look = null;
  #view = null;
  #wantedCamera = null;
  #tint = false;
  #headLocked = false;
  #wireframe = false;

  /** @param {(part?: "paint") => void} spoil  called when a picture is no longer right, or the vertices' colours either */
  constructor(spoil) {
    this.#spoil = spoil;
  }

  /**
   * Take another head and set-up.
   * @returns {string | null} what to tell the user where a wanted look or camera does not exist
   */
  setDrawing(drawing) {
    this.#drawing = drawing;
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
    return unknown.join(" ") || null;
  }

  get #setup() {
    return this.#drawing?.setup ?? null;
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
    if (this.#setup && !(name in this.#setup.looks)) throw new RangeError(missing("look", name, this.#setup.looks));
    this.#look = name;
    this.#spoil("paint");
  }

  get looks() {
    return Object.keys(this.#setup?.looks ?? {});
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
    return this.#setup ? presetName(this.#view, this.#setup.cameras) : this.#wantedCamera;
  }

  set camera(name) {
    if (!this.#setup) {
      this.#wantedCamera = name;
      return;
    }
    if (!(name in this.#setup.cameras)) throw new RangeError(missing("camera", name, this.#setup.cameras));
    this.#view = viewOf(this.#setup.cameras[name]);
    this.#spoil();
  }

  get cameras() {
    return Object.keys(this.#setup?.cameras ?? {});
  }

  /** Metres that a pixel of a picture of this size covers. */
  metresPerPixel(width, height) {
    return metresPerPixel(this.#drawing.head.header.framing, width / height, height, this.#view.zoom);
  }

  /** RGB in 0..1 of what is behind the head. */
  get background() {
    return this.#lights.background;
  }

  /** The colours of the vertices, as `Mesh.paint` takes them. */
  colors() {
    return vertexColors(this.#drawing.head, this.#setup.looks[this.#look], this.#tint);
  }

  /** A colour as a whole face has it. @param {number[]} rgb  in 0..255 */
  lit(rgb) {
    return litColor(rgb, this.#setup.looks[this.#look].mesh);
  }

  /**
   * What `Scene.draw` needs besides mesh and box.
   * @param {number} aspect  width / height of the picture
   * @param {{rotation: number[], translation: number[]}} root  of the head
   * @param {{heat?: boolean, color?: number[] | null}} paint  heat: vertices have colours of their own; color: RGB in
   *   0..255 of the whole head
   */
  shot(aspect, root, { heat = false, color = null } = {}) {
    const { setup, head } = this.#drawing;
    const { framing } = head.header;
    const view = viewMatrix(this.#view, framing, aspect, setup.fov_degrees);
    const { background: _, ...lights } = this.#lights;
    const painted = usesOwnColors(head, setup.looks[this.#look]) || usesRegions(head, this.#tint);
    const plain = color && { albedo: color.map((channel) => channel / 255), vertex_colors: 0 };
    return {
      view: this.#headLocked ? multiply4(view, inverseRigid(root)) : view,
      projection: projectionMatrix(this.#view, framing, aspect, setup.fov_degrees),
      uniforms: { ...lights, vertex_colors: painted ? 1 : 0, ...(heat ? MATT : plain) },
      wireframe: this.#wireframe,
    };
  }

  get #lights() {
    const { cameras, uniforms } = this.#setup;
    const unturned = Object.keys(cameras).find((name) => cameras[name].light_azimuth === 0);
    return turnedLights(uniforms[this.#look][unturned], lightAzimuth(this.#view.azimuth, cameras));
  }
}

function missing(kind, name, choices) {
  return `There is no ${kind} "${name}"; choose one of: ${Object.keys(choices).join(", ")}.`;
}
