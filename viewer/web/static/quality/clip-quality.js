// <clip-quality>: what checks say of the open clip, clips like it, and the check of all clips.
// Fires "finding" with the finding that was chosen.

import { RouteError } from "../api.js";
import { stemText } from "../list/marks.js";
import { store } from "../store.js";
import { clockTime, css, make, shared } from "../style.js";
import "./check-run.js";
import { quality } from "./quality.js";
import { severityColours, severityMark, severityTitle, withUnit } from "./severity.js";

const style = css`
  .head { display: flex; align-items: center; gap: 8px; min-height: 22px; }
  .state { color: var(--fv-muted); font-size: 13px; overflow-wrap: anywhere; }
  .severity { width: 14px; height: 14px; flex: none; }
  ul { display: grid; margin: 6px -6px 0; }
  li { display: grid; grid-template-columns: 14px minmax(0, 1fr); gap: 1px 8px; padding: 5px 6px; border-radius: 8px; font-size: 13px; }
  li:hover { background: var(--fv-hover); }
  li .severity { margin-top: 2px; }
  .text { overflow-wrap: anywhere; line-height: 1.35; }
  .facts { grid-column: 2; display: flex; flex-wrap: wrap; gap: 2px 10px; align-items: center; color: var(--fv-muted); font-size: 12px; font-variant-numeric: tabular-nums; }
  .time { height: 20px; padding: 0 6px; margin-left: -6px; border: 0; border-radius: 5px; background: none; color: var(--fv-accent); font-size: 12px; text-decoration: underline; text-underline-offset: 2px; }
  details { margin-top: 8px; }
  summary { font-size: 12.5px; color: var(--fv-muted); cursor: pointer; border-radius: 4px; }
  .well li { padding: 2px 6px; font-size: 12.5px; }
  .unused { display: block; color: var(--fv-muted); }
  .near { width: 100%; height: 26px; padding: 0 6px; justify-content: flex-start; border: 0; background: none; font-size: 12.5px; min-width: 0; }
  .stem { display: flex; flex: 1; min-width: 0; white-space: pre; }
  .head-of { overflow: hidden; text-overflow: ellipsis; }
  .tail-of { flex: none; }
  .near .of { color: var(--fv-muted); font-variant-numeric: tabular-nums; }
  .likes li { display: block; padding: 0; }
  .note { margin-top: 6px; font-size: 12.5px; color: var(--fv-muted); overflow-wrap: anywhere; }
  .error { color: var(--fv-error); }
  .like { height: 28px; margin-top: 8px; font-size: 12.5px; }
  check-run { margin-top: 10px; padding-top: 8px; border-top: 1px solid var(--fv-line-soft); }
`;

class ClipQuality extends HTMLElement {
  #state = make("div", { class: "head", role: "status" });
  #findings = make("ul", { "aria-label": "Findings" });
  #well = make("details", { class: "well", hidden: true });
  #idle = make("details", { class: "well", hidden: true });
  #like = make("button", { type: "button", class: "like" }, "More like this");
  #likes = make("div", { class: "likes" });

  constructor() {
    super();
    const root = this.attachShadow({ mode: "open" });
    root.adoptedStyleSheets = [shared, severityColours, style];
    root.append(this.#state, this.#findings, this.#well, this.#idle, this.#like, this.#likes, make("check-run"));
    this.#like.addEventListener("click", () => this.#showLikes());
  }

  connectedCallback() {
    quality.addEventListener("clip", this.#show);
    quality.addEventListener("run", this.#showRun);
    this.#show();
    this.#showRun();
  }

  disconnectedCallback() {
    quality.removeEventListener("clip", this.#show);
    quality.removeEventListener("run", this.#showRun);
  }

  #show = () => {
    const { clip, problem } = quality;
    if (clip?.stem !== this.#likes.dataset.stem) this.#likes.replaceChildren();
    const all = clip?.findings ?? [];
    const found = all.filter(({ severity }) => severity !== "ok");
    const well = all.filter(({ severity, applies }) => severity === "ok" && applies);
    const idle = all.filter(({ severity, applies }) => severity === "ok" && !applies);
    this.#state.replaceChildren(...this.#stateParts(clip, problem, found));
    this.#findings.replaceChildren(...found.map((finding) => this.#line(finding)));
    this.#findings.hidden = found.length === 0;
    this.#fold(this.#well, well, "found nothing", this.#line);
    this.#fold(this.#idle, idle, idle.length === 1 ? "does not apply" : "do not apply", unused);
    this.#showRun();
  };

  #showRun = () => {
    this.#like.hidden = !quality.run?.checked;
  };

  #stateParts(clip, problem, found) {
    if (problem) return [make("span", { class: "state error" }, `Not checked: ${problem}`)];
    if (!clip) return [make("span", { class: "state" }, store.clip === null ? "" : "Not checked yet…")];
    if (found.length === 0) return [severityMark("ok"), make("span", { class: "state" }, "Checked: nothing found")];
    const worst = found[0].severity;
    return [severityMark(worst), make("span", { class: "state" }, `Checked: ${found.length} ${found.length === 1 ? "finding" : "findings"}, the worst ${worst === "error" ? "an error" : worst === "warn" ? "a warning" : "a note"}`)];
  }

  #fold(details, findings, what, line) {
    details.hidden = findings.length === 0;
    details.replaceChildren(
      make("summary", {}, `${findings.length} ${findings.length === 1 ? "check" : "checks"} ${what}`),
      make("ul", {}, ...findings.map(line)));
  }

  #line = (finding) => {
    const { severity, message, value, unit, percentile, start } = finding;
    const facts = [];
    if (start !== null) {
      const time = make("button", { type: "button", class: "time", title: "Go there and play the second around it" }, clockTime(start));
      time.addEventListener("click", () => this.dispatchEvent(new CustomEvent("finding", { detail: finding, bubbles: true, composed: true })));
      facts.push(time);
    }
    if (value !== null) facts.push(make("span", {}, withUnit(value, unit)));
    if (percentile !== null) facts.push(make("span", { title: `${percentile.toFixed(1)} % of the data set's clips have a lower value` }, `percentile ${percentile.toFixed(percentile > 99 || percentile < 1 ? 1 : 0)}`));
    return make("li", { title: severityTitle(severity) }, severityMark(severity), make("span", { class: "text" }, message), make("div", { class: "facts" }, ...facts));
  };

  async #showLikes() {
    const stem = store.clip;
    if (stem === null) return;
    this.#likes.dataset.stem = stem;
    this.#likes.replaceChildren(make("p", { class: "note" }, "Looking…"));
    let parts;
    try {
      const nearest = await quality.nearest(stem);
      parts = nearest.length === 0 ? [make("p", { class: "note" }, "None: this clip or the others are not checked.")]
        : [make("p", { class: "note" }, "Nearest in how they move, with the distance:"), make("ul", { "aria-label": "Clips like this" }, ...nearest.map(near))];
    } catch (error) {
      if (!(error instanceof RouteError)) throw error;
      parts = [make("p", { class: "note error" }, error.message)];
    }
    if (store.clip === stem) this.#likes.replaceChildren(...parts);
  }
}

/** A check that has nothing to look at here, and why. */
function unused({ title, message }) {
  return make("li", { class: "unused" }, make("span", { class: "text" }, `${title}: ${message.replace("not applicable: ", "")}`));
}

function near({ stem, distance, text }) {
  const button = make("button", { type: "button", class: "near", title: [stem, text].filter(Boolean).join("\n") },
    make("span", { class: "stem" }, ...stemText(stem)), make("span", { class: "of" }, distance.toFixed(2)));
  button.addEventListener("click", () => store.open(stem));
  return make("li", {}, button);
}

customElements.define("clip-quality", ClipQuality);
