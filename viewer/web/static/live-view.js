// <live-view>: the store's clip computed and drawn by this browser, and its timeline beneath.
// Fires "facts" (the clip's facts came), "rest" {frame} (paused or sought there) and "problem" {message, webgl}; the
// player's own events, such as "frame", "next" and "settings", come through by themselves.

import { getJSON, RouteError, routeURL } from "./api.js";
import { LiveCompare } from "./compare/live-compare.js";
import { order } from "./list/clip-order.js";
import { review } from "./review/review.js";
import { orbitOf, parametersOf, regionOf, switchesOf } from "./live-link.js";
import { recall, remember } from "./memory.js";
import { frameMiddle } from "./player/clock.js";
import "./player/flame-player.js";
import { inFrames, inSeconds } from "./player/region.js";
import { quality } from "./quality/quality.js";
import { speech } from "./speech.js";
import { store } from "./store.js";
import { css, make, shared } from "./style.js";
import "./timeline/clip-timeline.js";
import { frameOf } from "./timeline/findings-data.js";

const MEMORY = "flame-viewer-rows";
/** What a laptop's screen has no room for; the menu "Rows" brings it back. */
const OFF = [
  "jaw_angle", "head_yaw", "head_pitch", "head_roll", "expression_speed", "loudness",
  "check_range", "check_jaw", "check_head", "check_pop", "check_lips_crossing", "check_silence_motion", "check_identity",
  "difference_face_error", "difference_jaw_error",
];

const style = css`
  :host { display: flex; flex-direction: column; gap: 10px; min-height: 0; }
  flame-player, .timeline { border: 1px solid var(--fv-line); border-radius: 12px; }
  flame-player { flex: 1 1 0; min-height: 300px; }
  flame-player::part(help) { display: none; } /* the header has one */
  flame-player:fullscreen { border: 0; border-radius: 0; }
  .timeline { flex: 0 1 auto; min-height: 180px; overflow: hidden auto; background: var(--fv-surface); scrollbar-width: thin; }
  clip-timeline { min-height: var(--height, 235px); margin-top: -1px; }
  @media (max-width: 1099px) { flame-player { flex: none; height: min(100vw + 60px, 60vh); } .timeline { flex: none; } }
`;

class LiveView extends HTMLElement {
  clip = null; // the answer of the clip route
  player = make("flame-player", { class: "player", src: routeURL("player/") });
  timeline = make("clip-timeline", { src: routeURL("timeline/"), lane: true });
  #compare = new LiveCompare(this.player, this.timeline, () => this.#holdHeight());
  #abort = new AbortController();
  #finding = null; // that was chosen last, while the player rests there or plays around it
  #wanted = null; // finding that is to be shown once its clip is there
  #camera = null; // name that was last set, so that a moved camera stays when something else changes

  constructor() {
    super();
    const root = this.attachShadow({ mode: "open" });
    root.adoptedStyleSheets = [shared, style];
    this.player.captions = false; // the transcript is beneath
    const off = recall(MEMORY);
    this.timeline.off = Array.isArray(off) ? off : OFF;
    this.#bindPlayer();
    this.#bindTimeline();
    root.append(this.player, make("div", { class: "timeline" }, this.timeline));
  }

  get playing() {
    return this.player.playing;
  }

  /** Frame that is shown, or is to be. */
  get frame() {
    return this.#shows(store.clip) ? this.player.frame : store.frame;
  }

  get fps() {
    return this.player.fps;
  }

  pause() {
    this.player.pause();
  }

  seek(frame) {
    this.player.seek(frame);
  }

  /** Go to a finding of the open clip, play the second around it, and rest there. */
  showFinding(finding) {
    const { player, timeline } = this;
    if (!this.#shows(store.clip)) {
      this.#wanted = finding;
      return;
    }
    const half = Math.max(Math.round(player.fps / 2), 1);
    const frame = Math.min(frameOf(finding, player.fps), player.frames - 1);
    this.#finding = null;
    player.playSpan(frame - half, frame + half, frame);
    this.#finding = finding;
    timeline.tellFinding(finding);
  }

  #stepFinding(direction) {
    const { player, timeline } = this;
    if (!timeline.findings || !this.#shows(store.clip)) return;
    const finding = timeline.findings.next(direction, { finding: this.#finding, frame: player.frame, fps: player.fps });
    if (finding) this.showFinding(finding);
  }

  /** Give the timeline what checks say of the clip that it shows. */
  #showQuality = () => {
    const { clip } = quality;
    const { timeline } = this;
    if (timeline.data === null || (clip && clip.stem !== timeline.data.header.stem)) return;
    timeline.quality = clip;
    this.#holdHeight();
  };

  /** Give player and timeline the words of the clip that they show, once they were found in its sound. */
  #showSpeech = () => {
    const { clip } = speech;
    if (!clip) return;
    if (clip.status === "aligned" && this.#shows(clip.stem)) this.player.setWords(clip.words); // else it has them
    if (this.timeline.data?.header.stem === clip.stem) this.timeline.speech = clip;
  };

  connectedCallback() {
    speech.addEventListener("clip", this.#showSpeech);
    quality.addEventListener("clip", this.#showQuality);
    this.#compare.start();
  }

  disconnectedCallback() {
    speech.removeEventListener("clip", this.#showSpeech);
    quality.removeEventListener("clip", this.#showQuality);
    this.#compare.stop();
  }

  /** Do what a key means. @returns {boolean} whether it means anything */
  press({ key }) {
    return !this.player.dispatchEvent(new KeyboardEvent("keydown", { key, cancelable: true }));
  }

  /** What the list says of neighbours. */
  setNeighbours(hasPrevious, hasNext) {
    this.player.hasPrevious = hasPrevious;
    this.player.hasNext = hasNext;
  }

  /** Show the store's clip. The player comes first: timeline and facts are fetched once its picture is there. */
  open({ play = false, frame = 0 }) {
    this.#wanted = null;
    this.applyView();
    if (this.#shows(store.clip)) {
      if (this.clip) this.#tell("facts"); // which may have come while another tab was shown
      this.player.seek(frame);
      if (play) this.player.play();
      return;
    }
    this.#abort.abort();
    this.clip = null;
    this.timeline.data = null; // of the clip before
    this.player.open(store.clip, { play, frame });
  }

  /** Take look, camera and all other settings from the store. */
  applyView() {
    const { look, camera } = store.view;
    const { looks, cameras } = store.about;
    if (looks.includes(look)) this.player.look = look;
    else this.#complain(`There is no look “${look}”; there are: ${looks.join(", ")}.`);
    if (!cameras.includes(camera)) this.#complain(`There is no camera “${camera}”; there are: ${cameras.join(", ")}.`);
    const orbit = orbitOf(store.live);
    if (orbit) this.player.view = orbit;
    else if (cameras.includes(camera) && (camera !== this.#camera || this.player.camera === null)) this.player.camera = camera;
    this.#camera = camera;
    Object.assign(this.player, switchesOf(store.live));
    if (this.#shows(store.clip)) this.#applyRegion();
  }

  /** Take the marked region from the store; it can be set once the clip is there. */
  #applyRegion() {
    const region = regionOf(store.live);
    this.player.region = region;
    if (region) this.player.loop = true;
    this.#showRegion();
  }

  #shows(stem) {
    return this.player.state === "ready" && this.player.stem === stem && this.player.clip?.stem === stem;
  }

  #bindPlayer() {
    const { player, timeline } = this;
    player.addEventListener("open", ({ detail }) => this.#opened(detail.stem));
    player.addEventListener("frame", ({ detail }) => {
      timeline.time = frameMiddle(detail.frame, player.fps);
      if (!player.playing) this.#rest();
    });
    player.addEventListener("pause", () => this.#rest());
    player.addEventListener("seek", () => (this.#finding = null));
    player.addEventListener("findingstep", ({ detail }) => this.#stepFinding(detail.direction));
    player.addEventListener("settings", () => {
      this.#showRegion();
      this.#tellStore();
    });
    player.addEventListener("error", ({ detail: { message, kind } }) => {
      this.#tell("problem", { message, webgl: kind === "webgl" });
    });
  }

  #bindTimeline() {
    const { player, timeline } = this;
    timeline.addEventListener("seek", ({ detail }) => {
      this.#finding = null;
      player.seek(detail.frame);
    });
    timeline.addEventListener("finding", ({ detail }) => this.showFinding(detail));
    timeline.addEventListener("region", ({ detail }) => {
      player.region = inFrames(detail, player.fps);
      if (detail) player.loop = true;
      this.#tellStore();
    });
    timeline.addEventListener("load", () => {
      this.#showSpeech();
      this.#showQuality();
      this.#compare.showDifferences();
      this.#holdHeight();
      this.#showRegion();
    });
    timeline.addEventListener("toggle", ({ detail }) => {
      remember(MEMORY, detail.off);
      this.#holdHeight();
    });
  }

  async #opened(stem) {
    this.#finding = null;
    const { signal } = (this.#abort = new AbortController());
    this.timeline.load(stem);
    this.#applyRegion();
    this.timeline.time = frameMiddle(this.player.frame, this.player.fps);
    this.#rest();
    if (this.#wanted) this.showFinding(this.#wanted);
    this.#wanted = null;
    try {
      this.clip = await getJSON("clip", { stem }, signal);
      this.#tell("facts");
    } catch (error) {
      if (error.name === "AbortError") return;
      if (!(error instanceof RouteError)) throw error;
      this.#complain(error.message);
    }
    const next = await (review.isOpen ? review : order).next(stem);
    if (next !== undefined && this.#shows(stem)) this.player.prefetch(next);
  }

  #rest() {
    if (this.#shows(store.clip)) this.#tell("rest", { frame: this.player.frame });
  }

  /** The timeline keeps its height while the next clip comes, so that the picture does not jump. */
  #holdHeight() {
    this.timeline.style.removeProperty("--height");
    requestAnimationFrame(() => {
      const { offsetHeight } = this.timeline;
      if (offsetHeight) this.timeline.style.setProperty("--height", `${offsetHeight}px`);
    });
  }

  #showRegion() {
    const { region, fps } = this.player;
    this.timeline.region = inSeconds(region, fps);
  }

  /** Tell the store what was chosen on the player. */
  #tellStore() {
    const { look, camera } = this.player;
    this.#camera = camera ?? this.#camera;
    store.setView({ look, camera: this.#camera }, "player");
    store.setLive(parametersOf(this.player));
  }

  #complain(message) {
    this.#tell("problem", { message, webgl: false });
  }

  #tell(type, detail) {
    this.dispatchEvent(new CustomEvent(type, { detail }));
  }
}

customElements.define("live-view", LiveView);
