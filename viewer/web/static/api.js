// Talking to the viewer's own routes.

const VIEWER = new URL("../", import.meta.url); // …/viewer/
/** Key of the data set that the URL names; it never changes while a page is open. null: the first that there is. */
const DATA = new URLSearchParams(location.search).get("data") || null;
const ROUTES = DATA === null ? VIEWER : new URL(`@${encodeURIComponent(DATA)}/`, VIEWER);
const POLL_MS = 200;

/** Names this browser tab to the server, which shares films between tabs and stops those nobody waits for. */
const TAB = Array.from(crypto.getRandomValues(new Uint32Array(4)), (part) => part.toString(36)).join("");
const DOWNLOAD = `${TAB}-download`;

/** An answer that says in words what is wrong. */
export class RouteError extends Error {}

/** URL of a route of the viewer as a whole, whichever data set is shown. */
export function viewerURL(path) {
  return new URL(path, VIEWER).href;
}

/** The data sets that the viewer shows, and what the clip with this stem is called in each. */
export async function dataSets(clip) {
  const url = new URL(viewerURL("sets"));
  setParameters(url.searchParams, { data: DATA, clip });
  return (await request(url.href)).sets;
}

/** URL of a route of the data set. parameters: by name; lists become one parameter a value, null none. */
export function routeURL(path, parameters = {}) {
  const url = new URL(path, ROUTES);
  setParameters(url.searchParams, parameters);
  return url.href;
}

export function setParameters(search, parameters) {
  for (const [name, value] of Object.entries(parameters)) {
    search.delete(name);
    for (const one of Array.isArray(value) ? value : [value]) if (one !== null && one !== undefined) search.append(name, one);
  }
}

export function getJSON(path, parameters, signal) {
  return request(routeURL(path, parameters), { signal });
}

export function postJSON(path, body, signal) {
  const headers = { "Content-Type": "application/json" };
  return request(routeURL(path), { method: "POST", headers, body: JSON.stringify(body), signal });
}

async function request(url, options) {
  let response, text, answer;
  try {
    response = await fetch(url, options);
    text = await response.text(); // which breaks off where the viewer is stopped meanwhile
  } catch (error) {
    if (error.name === "AbortError") throw error;
    throw new RouteError("The viewer does not answer. Is it still running in its terminal?");
  }
  try {
    answer = JSON.parse(text);
  } catch {
    throw new RouteError(text.trim() || `The viewer answered with status ${response.status}.`);
  }
  if (!response.ok) throw new RouteError(answer.error ?? `The viewer answered with status ${response.status}.`);
  return answer;
}

/**
 * Ask for a film until it is ready; each answer is handed to `report`. Asking is what keeps it being rendered.
 * wish: {clip, look, camera, size, retry}. Resolves to {url, receipt}; throws RouteError when it failed.
 * A download is waited for besides what the page shows.
 */
export async function film(wish, report, signal, { download = false } = {}) {
  let retry = wish.retry ?? false;
  for (;;) {
    const answer = await postJSON("film", { ...wish, retry, tab: download ? DOWNLOAD : TAB }, signal);
    retry = false;
    if (answer.state === "ready") return { url: routeURL(answer.url), receipt: answer.receipt };
    if (answer.state === "failed") throw new RouteError(answer.message);
    report(answer);
    await pause(POLL_MS, signal);
  }
}

/** Let the server render a film that is likely wanted next. */
export function prefetch(wish) {
  return postJSON("film", { ...wish, prefetch: true, tab: TAB }).catch((error) => {
    if (!(error instanceof RouteError)) throw error; // whoever opens that clip will be told
  });
}

/** Give up the film that this tab waits for, or its download. */
export function leave({ download = false } = {}) {
  const body = new Blob([JSON.stringify({ tab: download ? DOWNLOAD : TAB })], { type: "application/json" });
  navigator.sendBeacon(routeURL("leave"), body);
}

function pause(milliseconds, signal) {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(done, milliseconds);
    function done() {
      signal?.removeEventListener("abort", stop);
      resolve();
    }
    function stop() {
      clearTimeout(timer);
      reject(signal.reason);
    }
    if (signal?.aborted) stop();
    else signal?.addEventListener("abort", stop, { once: true });
  });
}

addEventListener("pagehide", () => {
  leave();
  leave({ download: true });
});
