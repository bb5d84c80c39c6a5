// <data-facts>: the data set as a whole, in place of the stage: how much there is, splits, what is missing, flags. Each
// number leads to the list of its clips.

import { getJSON, RouteError } from "./api.js";
import { ClipQuery } from "./list/clip-query.js";
import { order } from "./list/clip-order.js";
import { checkTitle } from "./list/checks.js";
import { flagTitle, modalityTitle } from "./list/marks.js";
import "./quality/check-run.js";
import { quality } from "./quality/quality.js";
import { SEVERITIES, severityTitle } from "./quality/severity.js";
import { store } from "./store.js";
import { css, iconButton, make, shared } from "./style.js";

const SESSIONS = 8;
const CHECKS = 8;
const BARS = "#fv-plots .js-plotly-plot";
/** What a click on a bar of each plot filters by, in their order. */
const BOUNDS = [["min_seconds", "max_seconds"]];

const style = css`
  :host { display: block; padding: 16px 20px 4px; }
  .title { display: flex; align-items: center; gap: 8px; }
  h2 { flex: 1; font-size: 16px; font-weight: 620; overflow-wrap: anywhere; }
  .numbers { display: flex; flex-wrap: wrap; gap: 8px 36px; margin: 14px 0 18px; }
  .number b { display: block; font-size: 22px; font-weight: 620; line-height: 1.25; font-variant-numeric: tabular-nums; }
  .number span { font-size: 12.5px; color: var(--fv-muted); }
  .cards { display: grid; grid-template-columns: repeat(auto-fill, minmax(230px, 1fr)); gap: 12px; align-items: start; }
  .card { border: 1px solid var(--fv-line); border-radius: 12px; background: var(--fv-surface); padding: 12px 14px; min-width: 0; }
  h3 { font-size: 13px; font-weight: 620; margin-bottom: 6px; }
  .entry {
    position: relative; display: flex; width: 100%; height: 26px; padding: 0 6px; gap: 8px; border: 0; border-radius: 5px; background: none; justify-content: flex-start;
    font-size: 12.5px; overflow: hidden;
  }
  .entry i { position: absolute; left: 0; top: 3px; bottom: 3px; border-radius: 4px; background: var(--fv-accent-soft); z-index: 0; }
  .entry span { position: relative; overflow: hidden; text-overflow: ellipsis; white-space: nowrap; }
  .entry .of { margin-left: auto; color: var(--fv-muted); font-variant-numeric: tabular-nums; flex: none; }
  .note { font-size: 12.5px; color: var(--fv-muted); padding: 2px 6px; overflow-wrap: anywhere; }
  .wide { grid-column: 1 / -1; }
  check-run { padding: 0 6px 6px; }
  .wide .note + .note { margin-top: 4px; }
  .error { color: var(--fv-error); }
`;

class DataFacts extends HTMLElement {
  #name = make("h2");
  #close = iconButton("close", "Close");
  #body = make("div", { class: "body" });
  #dark = null;
  #told = null; // what the body says: while it is the same, its buttons stay where a click is aimed at

  constructor() {
    super();
    const root = this.attachShadow({ mode: "open" });
    root.adoptedStyleSheets = [shared, style];
    root.append(make("div", { class: "title" }, this.#name, this.#close), this.#body);
    this.#close.addEventListener("click", () => store.setPanel(null));
    new MutationObserver(() => this.#onTheme()).observe(document.body, { attributeFilter: ["class"] });
  }

  connectedCallback() {
    store.addEventListener("panel", this.#show);
    store.addEventListener("about", this.#show);
    order.addEventListener("state", this.#reload);
    quality.addEventListener("run", this.#recount);
    document.addEventListener("click", this.#onClick, true);
    this.#show();
  }

  disconnectedCallback() {
    store.removeEventListener("panel", this.#show);
    store.removeEventListener("about", this.#show);
    order.removeEventListener("state", this.#reload);
    quality.removeEventListener("run", this.#recount);
    document.removeEventListener("click", this.#onClick, true);
  }

  #show = () => {
    const open = store.panel === "data";
    this.closest("#fv-columns")?.classList.toggle("show-data", open);
    if (!open || !store.about) return;
    document.querySelector("clip-stage")?.view.pause();
    this.#name.textContent = store.about.dataset.name;
    this.#dark = isDark();
    this.#load();
  };

  /** More is indexed. */
  #reload = () => {
    if (store.panel === "data" && this.#complete === false) this.#load();
  };

  /** More is checked. */
  #recount = () => {
    const version = quality.run?.version;
    if (store.panel === "data" && this.#version !== null && version !== this.#version) this.#load();
    this.#version = version;
  };

  #complete = null;
  #version = null; // of what checks say
  #asked = 0; // how often the facts were asked for
  #answered = 0; // and which of these times is told

  async #load() {
    const asked = (this.#asked += 1);
    try {
      const facts = await getJSON("data");
      if (asked < this.#answered) return; // a later answer came sooner
      this.#answered = asked;
      if (facts.complete && this.#complete === false) this.#redraw();
      this.#complete = facts.complete;
      const told = JSON.stringify([facts, order.columns]); // whose titles name the checks
      if (told !== this.#told) this.#fill(facts);
      this.#told = told;
    } catch (error) {
      if (!(error instanceof RouteError)) throw error;
      if (asked < this.#answered) return;
      this.#told = null;
      this.#body.replaceChildren(make("p", { class: "error" }, error.message));
    }
  }

  #fill({ clips, complete, seconds, words, facets, more_sessions: more, problems }) {
    const sessions = Object.entries(facets.session);
    const missing = Object.entries(facets.modality).filter(([name, count]) => name.startsWith("no-") && !(name === "no-tokens" && count === clips)); // nobody misses those
    const query = (change) => new ClipQuery(change);
    const entries = (counts, name, label) => counts.map(([value, count]) => entry(label(value), count, clips, query({ [name]: [value] })));
    this.#body.replaceChildren(
      make("div", { class: "numbers" },
        number(clips.toLocaleString("en"), complete ? "clips" : "clips so far; indexing goes on"),
        ...(seconds ? [number(`${(seconds.sum / 3600).toFixed(seconds.sum < 36000 ? 2 : 1)} h`, "in all, about"), number(`${seconds.median.toFixed(1)} s`, "median duration, about")] : []),
        number(more ? `${sessions.length}+` : sessions.length.toLocaleString("en"), "sessions"),
        ...(words ? [number(Math.round(words.sum).toLocaleString("en"), "words, about")] : [])),
      make("div", { class: "cards" },
        card("Splits", entries(Object.entries(facets.split), "split", (name) => (name === "none" ? "in no split" : name))),
        card("What is missing", missing.length > 0 ? entries(missing, "modality", modalityTitle) : [note("Nothing: every clip has all files.")]),
        card("Flags", Object.keys(facets.flag).length > 0 ? entries(Object.entries(facets.flag), "flag", flagTitle) : [note("None.")]),
        card("Largest sessions", [...entries(sessions.slice(0, SESSIONS), "session", (name) => name), ...(sessions.length > SESSIONS ? [note("The filter “Session” has the others.")] : [])]),
        card("Quality", qualityParts(facets, entries)),
        ...(problems.length > 0 ? [card("Files and lists", problems.map(({ where, message, severity }) => note(`${where}: ${message}`, severity)), "wide")] : [])));
  }

  #onTheme() {
    if (store.panel !== "data" || isDark() === this.#dark) return;
    this.#dark = isDark();
    this.#redraw();
  }

  /** Have the histograms drawn anew. */
  #redraw() {
    this.dispatchEvent(new Event("redraw", { bubbles: true, composed: true }));
  }

  /** A bar was clicked: Plotly keeps what the pointer is on. */
  #onClick = (event) => {
    const plot = event.target.closest?.(BARS);
    const bar = plot?._hoverdata?.[0]?.customdata;
    const bounds = plot && BOUNDS[[...document.querySelectorAll(BARS)].indexOf(plot)];
    if (!bar || !bounds) return;
    store.setQuery(new ClipQuery({ [bounds[0]]: Number(bar[0].toFixed(3)), [bounds[1]]: Number(bar[1].toFixed(3)) }));
  };
}

/** How many clips are how bad, by which checks, and the button that has all of them checked. */
function qualityParts({ severity, check }, entries) {
  const worst = [...Object.keys(SEVERITIES), "none"].filter((name) => severity[name] > 0).map((name) => [name, severity[name]]);
  const checks = Object.entries(check).filter(([, count]) => count > 0).slice(0, CHECKS);
  return [
    make("check-run"),
    ...entries(worst, "severity", severityTitle),
    ...(checks.length > 0 ? [note("Most found by")] : []),
    ...entries(checks, "check", checkTitle),
  ];
}

function isDark() {
  return document.body.classList.contains("dark");
}

function number(value, what) {
  return make("div", { class: "number" }, make("b", {}, value), make("span", {}, what));
}

function card(title, children, kind = "") {
  return make("section", { class: `card ${kind}` }, make("h3", {}, title), ...children);
}

function note(text, severity = "note") {
  return make("p", { class: severity === "error" ? "note error" : "note" }, text);
}

/** A line that leads to the clips it counts. */
function entry(label, count, all, query) {
  const share = make("i", { style: `width: ${all > 0 ? (100 * count) / all : 0}%` });
  const button = make("button", { type: "button", class: "entry", title: "Show these clips" }, share, make("span", {}, label), make("span", { class: "of" }, count.toLocaleString("en")));
  button.addEventListener("click", () => store.setQuery(query));
  return button;
}

customElements.define("data-facts", DataFacts);
