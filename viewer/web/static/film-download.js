// <film-download>: renders the open clip as an mp4 where that has not been done, and hands it to the browser.

import { film, leave, RouteError } from "./api.js";
import { store } from "./store.js";
import { css, icon, make, shared } from "./style.js";

const style = css`
  button { position: relative; width: 100%; height: 36px; margin: 4px 0; font-weight: 550; overflow: hidden; }
  button > * { position: relative; }
  .done { position: absolute; inset: 0 auto 0 0; background: var(--fv-accent-soft); transition: width 200ms linear; }
  p { color: var(--fv-error); font-size: 12.5px; overflow-wrap: anywhere; }
`;

class FilmDownload extends HTMLElement {
  #label = make("span", { class: "digits" });
  #done = make("span", { class: "done" });
  #button = make("button", { type: "button" }, this.#done, icon("download"), this.#label);
  #problem = make("p", { role: "alert", hidden: true });
  #abort = null; // while a film is being rendered

  constructor() {
    super();
    const root = this.attachShadow({ mode: "open" });
    root.adoptedStyleSheets = [shared, style];
    root.append(this.#button, this.#problem);
    this.#button.addEventListener("click", () => (this.#abort ? this.#cancel() : this.#start()));
    this.#rest();
  }

  async #start() {
    const { signal } = (this.#abort = new AbortController());
    this.#problem.hidden = true;
    this.#label.textContent = "Rendering…";
    this.#button.title = `Rendering ${store.clip}; click to cancel`;
    try {
      const { url } = await film({ clip: store.clip, ...store.view, retry: true }, (answer) => this.#report(answer), signal, { download: true });
      save(url);
    } catch (error) {
      if (error.name === "AbortError") return;
      if (!(error instanceof RouteError)) throw error;
      this.#problem.textContent = error.message;
      this.#problem.hidden = false;
    }
    this.#rest();
  }

  #cancel() {
    this.#abort.abort();
    leave({ download: true });
    this.#rest();
  }

  #report({ done, total }) {
    if (!total) return;
    const share = `${Math.floor((100 * done) / total)}%`;
    this.#done.style.width = share;
    this.#label.textContent = `Rendering ${share} · cancel`;
  }

  #rest() {
    this.#abort = null;
    this.#done.style.width = "0";
    this.#label.textContent = "Download mp4";
    this.#button.title = "Render this clip in this look and camera, and save it";
  }
}

function save(film) {
  const url = new URL(film);
  url.searchParams.set("download", "1"); // the server then names the file
  make("a", { href: url.href, download: true }).click();
}

customElements.define("film-download", FilmDownload);
