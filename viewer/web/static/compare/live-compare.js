// What is compared, given to the player and the timeline of the live tab.

import { routeURL } from "../api.js";
import { store } from "../store.js";
import { ThemeWatch } from "../theme-watch.js";
import { comparison } from "./comparison.js";

export class LiveCompare {
  #player;
  #timeline;
  #resized;
  #themes = new ThemeWatch(() => this.#showFaces()); // which have the page's colours
  #told = { tracks: "[]", compare: "null" }; // what the player has, so that it begins anew only where something changes

  /**
   * @param {import("../player/flame-player.js").FlamePlayer} player
   * @param {import("../timeline/clip-timeline.js").ClipTimeline} timeline
   * @param {() => void} resized  the timeline has other rows
   */
  constructor(player, timeline, resized) {
    this.#player = player;
    this.#timeline = timeline;
    this.#resized = resized;
  }

  start() {
    comparison.addEventListener("change", this.#show);
    this.#themes.start();
    this.#show();
  }

  stop() {
    comparison.removeEventListener("change", this.#show);
    this.#themes.stop();
  }

  /** Give the timeline the differences of the clip that it shows. */
  showDifferences() {
    const { data } = this.#timeline;
    if (data === null || data.header.stem !== store.clip) return;
    this.#timeline.compared = comparison.isOpen
      ? comparison.shown.map(({ key, label }) => ({ key, label, place: comparison.place(key), measured: comparison.differences(key) })) : null;
    this.#resized();
  }

  #show = () => {
    this.#showFaces();
    this.showDifferences();
  };

  /** While another clip's tracks are not known yet, those of the one before stay: most often they are the same. */
  #showFaces() {
    const { columns, isOpen, tracks } = comparison;
    if (isOpen && tracks === null) return;
    const { mode, top } = store.compare;
    const beside = mode === "beside";
    this.#tell("tracks", columns.map(trackOf));
    this.#tell("compare", columns.length === 0 ? null : {
      tracks: columns.map(({ key }) => key), mode: beside ? "heat" : mode, beside, top, reference: store.about.dataset.name,
    });
  }

  #tell(property, value) {
    const told = JSON.stringify(value);
    if (told === this.#told[property]) return;
    this.#told[property] = told;
    this.#player[property] = value;
  }
}

/** A track as the player takes it, which puts the stem into the URL. @param {import("./comparison.js").Track} track */
function trackOf({ key, label, refused }) {
  const url = refused === null ? `${routeURL("compare/clip.bin", { with: key })}&clip={stem}` : null;
  return { key, label, url, refused, color: colourOf(key) };
}

/** Red, green and blue of a track, as the page has it now. */
function colourOf(key) {
  const themed = document.querySelector(".gradio-container") ?? document.documentElement;
  const hex = getComputedStyle(themed).getPropertyValue(comparison.colour(key)).trim();
  return [1, 3, 5].map((at) => parseInt(hex.slice(at, at + 2), 16));
}
