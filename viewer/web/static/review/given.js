// Which verdicts this browser tab gave, so that they can be taken back after a reload too.

const NAME = `flame-viewer-given ${new URLSearchParams(location.search).get("data") ?? ""}`;
const MOST = 100;

/** Numbers of verdicts, the last one last. */
export function recallGiven() {
  try {
    const given = JSON.parse(sessionStorage.getItem(NAME));
    return Array.isArray(given) ? given.filter(Number.isInteger) : [];
  } catch {
    return []; // storage is off in this browser, or holds something else
  }
}

export function rememberGiven(given) {
  try {
    sessionStorage.setItem(NAME, JSON.stringify(given.slice(-MOST)));
  } catch {
    // storage is off in this browser: they can be taken back until the page is loaded anew
  }
}
