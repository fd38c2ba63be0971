import { problemOf } from "./problem.js";
import type { Platform, Send, TokenSource } from "./tokens.js";

export interface TransportOptions {
  readonly platform: Platform;
  readonly tokens?: TokenSource;
  /** Makes idempotency keys; by default a random UUID per call. */
  readonly newKey?: () => string;
  /** How often a request is tried in all. */
  readonly attempts?: number;
  /** Waits between tries; tests replace it. */
  readonly sleep?: (milliseconds: number) => Promise<void>;
}

/** The longest wait that is taken from `Retry-After`; beyond it the caller gets the answer. */
const LONGEST_WAIT_MS = 30_000;

/**
 * Signs requests, gives each POST an `Idempotency-Key` (so that trying again can never do it twice), tries again what is
 * worth it, and throws a `Problem` for every answer that is an error.
 */
export function transport(options: TransportOptions): Send {
  const { platform, tokens } = options;
  const attempts = options.attempts ?? 4;
  const sleep = options.sleep ?? ((ms: number) => new Promise<void>((done) => setTimeout(done, ms)));
  const newKey = options.newKey ?? randomKey;

  return async (given) => {
    if (given.method === "POST" && !given.headers.has("Idempotency-Key")) {
      given.headers.set("Idempotency-Key", newKey());
    }
    // DELETE and PUT carry If-Match here: a second try that finds the first one done answers 412, never does it twice.
    let renewed = false;
    for (let attempt = 1; ; attempt += 1) {
      const request = given.clone();
      let token: string | undefined;
      if (tokens !== undefined && !request.headers.has("Authorization")) {
        token = await tokens.access();
        request.headers.set("Authorization", `Bearer ${token}`);
      }
      let response: Response;
      try {
        response = await platform.send(request);
      } catch (error) {
        if (attempt >= attempts || given.signal?.aborted === true) {
          throw error;
        }
        await sleep(backOff(attempt));
        continue;
      }
      if (response.ok) {
        return response;
      }
      if (response.status === 401 && token !== undefined && tokens !== undefined && !renewed) {
        renewed = true;
        await tokens.renew(token);
        continue;
      }
      const text = await response.text();
      const problem = problemOf(response.status, text);
      const wait = waitOf(response, "code" in problem ? problem.code : undefined, attempt);
      if (wait === undefined || attempt >= attempts) {
        throw problem;
      }
      await sleep(wait);
    }
  };
}

/** How long to wait before trying again, if that makes sense. */
function waitOf(response: Response, code: string | undefined, attempt: number): number | undefined {
  const again = response.status === 429 || response.status === 503 || code === "idempotency_in_progress";
  if (!again) {
    return undefined;
  }
  const seconds = Number(response.headers.get("Retry-After") ?? Number.NaN);
  const wait = Number.isFinite(seconds) ? seconds * 1000 : backOff(attempt);
  return wait > LONGEST_WAIT_MS ? undefined : wait;
}

function backOff(attempt: number): number {
  return 250 * 2 ** (attempt - 1) * (0.5 + Math.random());
}

/** A random UUID. A key needs to be unique for its caller, not secret, so that `Math.random` will do in a mini program. */
export function randomKey(): string {
  const crypto = (globalThis as { crypto?: { randomUUID?: () => string } }).crypto;
  if (crypto?.randomUUID !== undefined) {
    return crypto.randomUUID();
  }
  return "xxxxxxxx-xxxx-4xxx-8xxx-xxxxxxxxxxxx".replace(/x/g, () => Math.floor(Math.random() * 16).toString(16));
}
