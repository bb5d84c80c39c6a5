// <fact-sheet>: facts of the open clip, of the model and of the renderer; the download.

import "./compare/compare-facts.js";
import { comparison } from "./compare/comparison.js";
import "./film-download.js";
import "./quality/clip-quality.js";
import { store } from "./store.js";
import { css, make, shared } from "./style.js";

const style = css`
  :host { display: block; padding: 4px 16px 20px; }
  details { border-top: 1px solid var(--fv-line); padding: 10px 0; margin-top: 10px; }
  details:not([hidden]) + details { margin-top: 0; }
  summary { font-weight: 620; font-size: 13px; cursor: pointer; border-radius: 4px; }
  summary::marker { color: var(--fv-muted); }
  clip-quality { margin-top: 8px; }
  dl { display: grid; grid-template-columns: 96px minmax(0, 1fr); gap: 5px 10px; margin: 8px 0 0; font-size: 13px; }
  dt { color: var(--fv-muted); }
  dd { overflow-wrap: anywhere; font-variant-numeric: tabular-nums; }
  .notes { display: grid; gap: 6px; margin-top: 10px; }
  .notes:empty { display: none; }
  @container (min-width: 600px) { /* of the column that it stands in */
    :host { display: grid; grid-template-columns: repeat(2, minmax(0, 1fr)); gap: 8px 40px; align-items: start; }
    details { border: 0; margin: 0; padding: 0; }
    film-download { grid-column: 1 / -1; margin-bottom: 8px; }
  }
  .notes li { padding: 6px 10px; border-radius: 8px; background: var(--fv-warn-soft); color: var(--fv-warn); font-size: 12.5px; overflow-wrap: anywhere; }
`;

class FactSheet extends HTMLElement {
  #download = make("film-download");
  #quality = make("details", { open: true }, make("summary", {}, "Quality"), make("clip-quality"));
  #compare = make("details", { open: true, hidden: true }, make("summary", {}, "Compared"), make("compare-facts"));
  #clip = make("details", { open: true });
  #model = make("details", { open: true });
  #data = make("details", {});

  constructor() {
    super();
    const root = this.attachShadow({ mode: "open" });
    root.adoptedStyleSheets = [shared, style];
    root.append(this.#download, this.#compare, this.#quality, this.#clip, this.#model, this.#data);
    this.#showClip(null);
  }

  connectedCallback() {
    store.addEventListener("about", this.#onAbout);
    store.addEventListener("stage", this.#onStage);
    comparison.addEventListener("change", this.#showCompare);
    this.#showCompare();
    this.#onAbout();
  }

  disconnectedCallback() {
    store.removeEventListener("about", this.#onAbout);
    store.removeEventListener("stage", this.#onStage);
    comparison.removeEventListener("change", this.#showCompare);
  }

  #onStage = ({ detail }) => this.#showClip(detail);

  #showCompare = () => {
    this.#compare.hidden = !comparison.isOpen;
  };

  #onAbout = () => {
    if (store.about) this.#showAbout(store.about);
  };

  #showClip(stage) {
    const clip = stage?.clip;
    this.#clip.hidden = !clip;
    if (!clip) return;
    const { row, audio, jaw } = clip;
    this.#clip.replaceChildren(
      make("summary", {}, "Clip"),
      facts([
        ["Length", `${clip.seconds.toFixed(2)} s · ${clip.frames} ${clip.frames === 1 ? "frame" : "frames"}`],
        ["Frame rate", `${clip.fps} fps`],
        ...(jaw ? [["Jaw opening", `mean ${jaw.mean.toFixed(1)}° · max ${jaw.max.toFixed(1)}°`]] : []),
        ["Sound", audio ? `${row.audio_format ?? `${audio.rate} Hz`} · ${audio.seconds.toFixed(2)} s` : "none"],
        ["Splits", clip.splits.join(", ") || "none"],
        ["Arrays", clip.vertices
          ? `${clip.vertices.toLocaleString("en")} vertices a frame`
          : `exp ${clip.expressions} · shape ${clip.identity} · ${clip.expression_space}`],
        ["Content", clip.content_hash.slice(0, 12)],
        ...(stage.receipt ? [["Drawn by", stage.receipt.gl_renderer]] : []),
      ]),
      notes(new Set([...clip.flags.map((flag) => flag.message), ...alterations(clip, stage.receipt)])),
    );
  }

  #showAbout({ dataset, model, gl, gl_error: glError, version }) {
    this.#model.replaceChildren(
      make("summary", {}, "Model"),
      facts([
        ["Version", model.version],
        ["Expressions", `${model.expressions} · ${model.expression_space}`],
        ["Identities", String(model.identities)],
        ["Vertices", model.vertices.toLocaleString("en")],
        ["File", path(model.path)],
        ["Hash", model.hash.slice(0, 12)],
        ["Licence", model.licence || "not stated"],
      ]),
    );
    this.#data.replaceChildren(
      make("summary", {}, "Data set and renderer"),
      facts([
        ["Data set", dataset.name],
        ["Folder", path(dataset.path)],
        ["Clips", dataset.clips.toLocaleString("en")],
        ["Renderer", gl ? gl.renderer : "none"],
        ["Device", gl ? `${gl.device}: ${gl.why}` : glError],
        ["Viewer", version],
        ...(store.about.data === null ? [["Compare", "Name predictions behind the data set: python app.py DATA PREDS"]] : []),
      ]),
    );
  }
}

/** Where the film differs from the data. What holds for all clips is in the banner, and only mentioned. */
function alterations(clip, receipt) {
  const all = [...new Set([...clip.altered, ...(receipt?.altered ?? [])])];
  const own = all.filter((text) => !store.about.model.warnings.includes(text));
  return own.length < all.length ? [...own, "The notice at the top holds for this clip."] : own;
}

/** A path that breaks between its folders. */
function path(text) {
  const place = make("span");
  text.split("/").forEach((part, index) => place.append(...(index ? ["/", make("wbr")] : []), part));
  return place;
}

function facts(pairs) {
  return make("dl", {}, ...pairs.flatMap(([name, value]) => [make("dt", {}, name), make("dd", {}, value)]));
}

function notes(lines) {
  return make("ul", { class: "notes" }, ...[...lines].map((line) => make("li", {}, line)));
}

customElements.define("fact-sheet", FactSheet);
