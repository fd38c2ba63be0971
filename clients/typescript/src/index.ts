/**
 * The client of jieli. Types come from the OpenAPI document (`make clients`); what is written by hand here signs in,
 * keeps tokens fresh, gives POSTs their idempotency keys, turns errors into exceptions and reads lists to their end.
 */
import createClient, { type Client } from "openapi-fetch";

import type { components, paths } from "./generated/schema.js";
import { Tokens, type Grant, type Platform, type TokenSource } from "./tokens.js";
import { transport, type TransportOptions } from "./transport.js";

export { Problem, TokenRefused, UnexpectedAnswer, type ProblemDocument } from "./problem.js";
export { Tokens, type Grant, type Platform, type Send, type TokenSource } from "./tokens.js";
export { each, synchronise, type Page } from "./paging.js";
export { randomKey } from "./transport.js";
export type { components, operations, paths } from "./generated/schema.js";

/** The schemas of the document by name: `Schemas["EntrustmentView"]`. */
export type Schemas = components["schemas"];

/** Typed calls by path: `api.POST("/api/v1/entrustments", { body })`. */
export type Api = Client<paths>;

export interface JieliOptions extends Omit<TransportOptions, "platform" | "tokens"> {
  /** Where the server is, such as `https://zwfw.example.gov.cn`. */
  readonly baseUrl: string;
  /** How to sign in; without it only public operations answer. */
  readonly grant?: Grant;
  /** Instead of `grant`: tokens of one's own. */
  readonly tokens?: TokenSource;
  /** Called with each new refresh token. */
  readonly onRefreshToken?: (token: string) => void;
  /** What sends; by default the platform's `fetch`. In a mini program: `weChatPlatform(wx)`. */
  readonly platform?: Platform;
}

/** A client. Calls throw `Problem` where the server says no. */
export function createJieli(options: JieliOptions): Api {
  const platform = options.platform ?? { Request, send: (request: Request) => fetch(request) };
  const { baseUrl, grant, onRefreshToken } = options;
  const tokens =
    options.tokens ??
    (grant && new Tokens({ baseUrl, grant, platform, ...(onRefreshToken === undefined ? {} : { onRefreshToken }) }));
  const { newKey, attempts, sleep } = options;
  const send = transport({
    platform,
    ...(tokens === undefined ? {} : { tokens }),
    ...(newKey === undefined ? {} : { newKey }),
    ...(attempts === undefined ? {} : { attempts }),
    ...(sleep === undefined ? {} : { sleep }),
  });
  return createClient<paths>({
    baseUrl,
    Request: platform.Request,
    fetch: send,
    bodySerializer: (body: unknown) => (isForm(body) ? body : JSON.stringify(body)),
  });
}

function isForm(body: unknown): body is FormData {
  // A mini program has no FormData: it uploads by wx.uploadFile.
  return typeof FormData !== "undefined" && body instanceof FormData;
}

/** What a call answered. Errors were thrown before; an answer without a body is `undefined`. */
export async function take<D>(call: Promise<{ data?: D; response: Response }>): Promise<NonNullable<D>> {
  const { data, response } = await call;
  if (data === undefined || data === null) {
    throw new TypeError(`The answer to ${response.url} has no body`);
  }
  return data;
}

/** The ETag of an answer, for the `If-Match` of the next write. */
export function etag(response: Response): string {
  const tag = response.headers.get("ETag");
  if (tag === null) {
    throw new TypeError(`The answer to ${response.url} has no ETag`);
  }
  return tag;
}

export { uploadFile, weChatPlatform, WeChatError, type WeChat } from "./wechat.js";
