// Whether the page turned dark or light.

/** Calls back when the page's or the system's colours change. */
export class ThemeWatch {
  #observer;
  #darkness = matchMedia("(prefers-color-scheme: dark)");

  constructor(changed) {
    this.changed = changed;
    this.#observer = new MutationObserver(changed);
  }

  start() {
    for (const element of [document.documentElement, document.body]) {
      this.#observer.observe(element, { attributeFilter: ["class", "style", "data-theme"] });
    }
    this.#darkness.addEventListener("change", this.changed);
  }

  stop() {
    this.#observer.disconnect();
    this.#darkness.removeEventListener("change", this.changed);
  }
}
