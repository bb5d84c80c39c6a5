// <check-run>: how many clips are checked, and the button that has all of them checked, with its progress.

import { RouteError } from "../api.js";
import { css, make, shared } from "../style.js";
import { quality } from "./quality.js";

const style = css`
  :host { display: block; font-size: 12.5px; }
  .line { display: flex; align-items: center; gap: 8px; flex-wrap: wrap; }
  .text { flex: 1 1 130px; color: var(--fv-muted); font-variant-numeric: tabular-nums; overflow-wrap: anywhere; }
  button { height: 28px; font-size: 12.5px; flex: none; }
  progress { display: block; width: 100%; height: 6px; margin-top: 6px; appearance: none; border: 0; border-radius: 3px; overflow: hidden; background: var(--fv-chip); }
  progress::-webkit-progress-bar { background: var(--fv-chip); }
  progress::-webkit-progress-value { background: var(--fv-accent); transition: width 0.3s; }
  progress::-moz-progress-bar { background: var(--fv-accent); }
  .error { color: var(--fv-error); margin-top: 4px; overflow-wrap: anywhere; }
  @media (prefers-reduced-motion: reduce) { progress::-webkit-progress-value { transition: none; } }
`;

/** What is looked at, one after the other. */
const STAGES = ["Motion", "Words and voice"];

class CheckRun extends HTMLElement {
  #text = make("span", { class: "text", role: "status" });
  #button = make("button", { type: "button" });
  #bar = make("progress", { hidden: true, "aria-label": "Clips checked" });
  #error = make("p", { class: "error", role: "alert", hidden: true });

  constructor() {
    super();
    const root = this.attachShadow({ mode: "open" });
    root.adoptedStyleSheets = [shared, style];
    root.append(make("div", { class: "line" }, this.#text, this.#button), this.#bar, this.#error);
    this.#button.addEventListener("click", () => this.#click());
  }

  connectedCallback() {
    quality.addEventListener("run", this.#show);
    this.#show();
  }

  disconnectedCallback() {
    quality.removeEventListener("run", this.#show);
  }

  #show = () => {
    const { run, running } = quality;
    this.hidden = run === null;
    if (run === null) return;
    const { state, done, total, checked, clips } = run;
    this.#bar.hidden = !running;
    if (running && total > 0) Object.assign(this.#bar, { max: total, value: done });
    else this.#bar.removeAttribute("value");
    this.#button.disabled = state === "cancelling";
    this.#button.textContent = running ? "Cancel" : checked === 0 ? "Check all clips" : checked < clips || state === "cancelled" ? "Go on checking" : "Check again";
    this.#button.title = running ? "Stop; what is checked stays" : "Runs in the background; what is checked already and has not changed is kept";
    this.#text.textContent = this.#state(run, running);
    this.#say(state === "failed" ? run.message : null);
  };

  #state({ state, done, failed, total, stages, checked, clips }, running) {
    const trouble = failed > 0 ? ` · ${number(failed)} failed` : "";
    if (state === "cancelling") return "Stopping…";
    if (running) {
      if (total === 0) return "Looking at the clips…";
      const each = total / stages; // motion of all clips comes first, then their words
      const stage = Math.min(Math.floor(done / each), stages - 1);
      return `${STAGES[stage]}: ${number(done - stage * each)} of ${number(each)}${trouble}`;
    }
    if (checked === 0) return "No clip is checked yet.";
    if (checked >= clips) return `All ${number(clips)} clips are checked${trouble}.`;
    return `${number(checked)} of ${number(clips)} clips are checked${trouble}.`;
  }

  #say(message) {
    this.#error.hidden = message === null;
    this.#error.textContent = message ?? "";
  }

  async #click() {
    try {
      await (quality.running ? quality.stop() : quality.start());
    } catch (error) {
      if (!(error instanceof RouteError)) throw error;
      this.#say(error.message);
    }
  }
}

function number(value) {
  return value.toLocaleString("en");
}

customElements.define("check-run", CheckRun);
