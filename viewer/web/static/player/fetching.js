// Fetching with patience: a connection that drops or stalls is tried again before anybody is bothered.

import { unpack } from "./wire.js";

const PAUSES_MS = [300, 1000, 2500];
const STALLED_MS = 20_000;
const WORTH_RETRYING = [502, 503, 504];

/** Says in words, for the user, why something cannot be had. `lasting`: trying again will not help. */
export class SourceError extends Error {
  constructor(message, lasting, options) {
    super(message, options);
    this.name = "SourceError";
    this.lasting = lasting;
  }
}

/**
 * Header and arrays that a route sends in the viewer's binary format.
 * @param {string} url
 * @param {{signal?: AbortSignal, report?: (share: number | null) => void}} [options]  report: called with the share 0..1
 *   that has arrived, or with null while a lost connection is tried again
 */
export async function fetchPacked(url, options) {
  return understood(unpack, await fetchBytes(url, options));
}

/** JSON that a route sends. @param {string} url */
export async function fetchJSON(url) {
  return understood((bytes) => JSON.parse(new TextDecoder().decode(bytes)), await fetchBytes(url));
}

async function fetchBytes(url, { signal, report } = {}) {
  for (let attempt = 0; ; attempt++) {
    try {
      return await fetchOnce(url, signal, report);
    } catch (error) {
      if (signal?.aborted) throw signal.reason;
      if (!(error instanceof SourceError) || error.lasting || attempt >= PAUSES_MS.length) throw error;
      report?.(null);
      await pause(PAUSES_MS[attempt], signal);
    }
  }
}

/** What `read` makes of an answer. Proxies answer with pages of their own, such as for logging in. */
function understood(read, bytes) {
  try {
    return read(bytes);
  } catch (cause) {
    const message = "The answer is not from the viewer. A proxy in between may want you to log in: load the page again.";
    throw new SourceError(message, false, { cause });
  }
}

/** One request, read to its end; gives up when nothing arrives for a while. */
async function fetchOnce(url, signal, report) {
  const stall = new AbortController();
  let timer = 0;
  const alive = () => {
    clearTimeout(timer);
    timer = setTimeout(() => stall.abort(), STALLED_MS);
  };
  try {
    alive();
    const response = await fetch(url, { signal: signal ? AbortSignal.any([signal, stall.signal]) : stall.signal });
    if (!response.ok) throw await refusal(response);
    return await readAll(response, alive, report);
  } catch (error) {
    if (error instanceof SourceError || signal?.aborted) throw error;
    throw new SourceError("The viewer does not answer. Is it still running?", false);
  } finally {
    clearTimeout(timer);
  }
}

async function readAll(response, alive, report) {
  const expected = response.headers.has("Content-Encoding") ? 0 : Number(response.headers.get("Content-Length"));
  const chunks = [];
  let size = 0;
  for (const reader = response.body.getReader(); ; ) {
    const { done, value } = await reader.read();
    if (done) break;
    alive();
    chunks.push(value);
    size += value.length;
    if (expected) report?.(size / expected);
  }
  if (chunks.length === 1 && chunks[0].byteOffset === 0 && chunks[0].buffer.byteLength === size) return chunks[0].buffer;
  const whole = new Uint8Array(size);
  let offset = 0;
  for (const chunk of chunks) {
    whole.set(chunk, offset);
    offset += chunk.length;
  }
  return whole.buffer;
}

async function refusal(response) {
  const text = await response.text();
  let message = text.trim() || `The viewer answered with status ${response.status}.`;
  try {
    message = JSON.parse(text).error ?? message;
  } catch {
    // plain text, such as from a proxy: shown as it is
  }
  return new SourceError(message.slice(0, 600), !WORTH_RETRYING.includes(response.status));
}

function pause(milliseconds, signal) {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(resolve, milliseconds);
    signal?.addEventListener("abort", () => (clearTimeout(timer), reject(signal.reason)), { once: true });
  });
}
