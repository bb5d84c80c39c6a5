// <connection-note>: notices that the viewer was stopped, says so, and once it runs again comes back to the same picture.

import { viewerURL } from "./api.js";
import { store } from "./store.js";
import { css, make, shared } from "./style.js";

const WELL_MS = 5000; // from one look to the next while all is well
const PAUSES_MS = [1000, 1000, 2000, 4000, 8000, 15_000, 30_000]; // and after it went missing: each look fails in the console
const PATIENCE_MS = 10_000;
const LOST = "The viewer does not answer: it was stopped, or the connection to it was lost. Once it is back, this page goes on.";

const style = css`
  :host { position: fixed; z-index: 100; inset: auto 16px 16px; margin: auto; width: fit-content; max-width: min(640px, calc(100vw - 32px)); }
  .note { display: flex; gap: 14px; align-items: center; padding: 10px 12px 10px 16px; border: 1px solid var(--fv-line); border-radius: 12px; background: var(--fv-warn-soft); color: var(--fv-warn); box-shadow: var(--fv-shadow); }
  button { flex: none; color: var(--fv-text); }
`;

class ConnectionNote extends HTMLElement {
  #text = make("span");
  #note = make("div", { class: "note", role: "alert", hidden: true });
  #run = null; // of the program, as the server names it
  #failures = 0;
  #timer = 0;
  #looking = false;

  constructor() {
    super();
    const root = this.attachShadow({ mode: "open" });
    root.adoptedStyleSheets = [shared, style];
    const again = make("button", { type: "button" }, "Try now");
    again.addEventListener("click", this.#look);
    this.#note.append(this.#text, again);
    root.append(this.#note);
  }

  connectedCallback() {
    addEventListener("online", this.#look);
    document.addEventListener("visibilitychange", this.#look);
    this.#look();
  }

  disconnectedCallback() {
    removeEventListener("online", this.#look);
    document.removeEventListener("visibilitychange", this.#look);
    clearTimeout(this.#timer);
  }

  #look = async () => {
    if (document.hidden || this.#looking) return; // a hidden page looks when it is shown
    clearTimeout(this.#timer);
    this.#looking = true;
    const problem = await this.#problem();
    this.#looking = false;
    if (!this.isConnected) return;
    this.#failures = problem === null ? 0 : this.#failures + 1;
    this.#note.hidden = problem === null;
    this.#text.textContent = problem ?? "";
    const pause = problem === null ? WELL_MS : PAUSES_MS[Math.min(this.#failures, PAUSES_MS.length) - 1];
    this.#timer = setTimeout(this.#look, pause);
  };

  /** What to tell, or null. */
  async #problem() {
    try {
      const response = await fetch(viewerURL("alive"), { cache: "no-store", signal: AbortSignal.timeout(PATIENCE_MS) });
      if (response.status === 401) return (await response.json()).error;
      if (!response.ok) return LOST; // says the proxy in between
      const { run } = await response.json();
      if (this.#run !== null && run !== this.#run) comeBack();
      this.#run = run;
      return null;
    } catch {
      return LOST; // no connection, or no answer of ours
    }
  }
}

/** Load the page anew where it stands: what the new run of the program shows may be another version of everything. */
function comeBack() {
  const stage = document.querySelector("clip-stage");
  if (stage && store.clip !== null) history.replaceState(history.state, "", store.link(stage.view.frame));
  location.reload();
}

customElements.define("connection-note", ConnectionNote);

const mount = () => document.body.append(make("connection-note"));
if (document.readyState === "loading") document.addEventListener("DOMContentLoaded", mount);
else mount();
