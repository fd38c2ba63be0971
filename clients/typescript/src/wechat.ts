/**
 * The client inside a WeChat mini program, over `wx.request` and `wx.uploadFile`.
 *
 * What is different there: no fetch, Request, Response, Headers or FormData; no PATCH (no operation here needs it); `success`
 * is called for any status, so that errors are told by status and by the problem in the body; files go by `wx.uploadFile`
 * from a path, one at a time; the server's domain must be in the mini program's list of request and uploadFile domains.
 */
import { problemOf } from "./problem.js";
import type { Platform, TokenSource } from "./tokens.js";
import { randomKey } from "./transport.js";

/** The part of `wx` that is used; `wx` itself fits. */
export interface WeChat {
  request(options: {
    url: string;
    method: "GET" | "HEAD" | "POST" | "PUT" | "DELETE" | "OPTIONS";
    data?: string;
    header: Record<string, string>;
    dataType: string;
    responseType: "text" | "arraybuffer";
    timeout?: number;
    success(result: { data: unknown; statusCode: number; header: Record<string, string | string[]> }): void;
    fail(error: { errMsg: string }): void;
  }): { abort(): void } | undefined;
  uploadFile(options: {
    url: string;
    filePath: string;
    name: string;
    formData?: Record<string, string>;
    header: Record<string, string>;
    timeout?: number;
    success(result: { data: string; statusCode: number }): void;
    fail(error: { errMsg: string }): void;
  }): unknown;
}

/** `wx.request` did not reach the server. */
export class WeChatError extends Error {
  override readonly name = "WeChatError";
}

const METHODS = ["GET", "HEAD", "POST", "PUT", "DELETE", "OPTIONS"] as const;

/** Headers without regard to case; all that openapi-fetch and this client use of the standard's class. */
export class MiniHeaders {
  private readonly held = new Map<string, string>();

  constructor(init?: unknown) {
    for (const [name, value] of pairs(init)) {
      this.append(name, value);
    }
  }

  append(name: string, value: string): void {
    const present = this.get(name);
    this.set(name, present === null ? value : `${present}, ${value}`);
  }

  set(name: string, value: string): void {
    this.held.set(name.toLowerCase(), String(value));
  }

  get(name: string): string | null {
    return this.held.get(name.toLowerCase()) ?? null;
  }

  has(name: string): boolean {
    return this.held.has(name.toLowerCase());
  }

  delete(name: string): void {
    this.held.delete(name.toLowerCase());
  }

  forEach(each: (value: string, name: string) => void): void {
    this.held.forEach((value, name) => each(value, name));
  }

  entries(): IterableIterator<[string, string]> {
    return this.held.entries();
  }

  [Symbol.iterator](): IterableIterator<[string, string]> {
    return this.held.entries();
  }
}

function pairs(init: unknown): Iterable<[string, string]> {
  if (init === undefined || init === null) {
    return [];
  }
  if (typeof init === "object" && Symbol.iterator in init) {
    return init as Iterable<[string, string]>;
  }
  return Object.entries(init as Record<string, string>);
}

class MiniRequest {
  readonly method: string;
  readonly headers: MiniHeaders;
  readonly text: string | undefined;
  readonly signal: AbortSignal | undefined;

  constructor(
    readonly url: string,
    init: { method?: string; headers?: unknown; body?: unknown; signal?: AbortSignal } = {},
  ) {
    this.method = (init.method ?? "GET").toUpperCase();
    this.headers = new MiniHeaders(init.headers);
    if (init.body !== undefined && init.body !== null && typeof init.body !== "string") {
      throw new TypeError("A mini program sends text; files go by uploadFile");
    }
    this.text = init.body ?? undefined;
    this.signal = init.signal;
  }

  clone(): MiniRequest {
    return new MiniRequest(this.url, {
      method: this.method,
      headers: this.headers,
      body: this.text,
      ...(this.signal === undefined ? {} : { signal: this.signal }),
    });
  }
}

class MiniResponse {
  readonly ok: boolean;
  readonly headers: MiniHeaders;
  readonly body = null;

  constructor(
    private readonly data: unknown,
    readonly status: number,
    headers: Record<string, string | string[]>,
    readonly url: string,
  ) {
    this.ok = status >= 200 && status < 300;
    this.headers = new MiniHeaders(
      Object.entries(headers).map(([name, value]): [string, string] => [name, Array.isArray(value) ? value.join(", ") : value]),
    );
  }

  async text(): Promise<string> {
    if (typeof this.data === "string") {
      return this.data;
    }
    if (this.data instanceof ArrayBuffer) {
      throw new TypeError("This answer is a file: read it with arrayBuffer()");
    }
    return this.data === undefined ? "" : JSON.stringify(this.data);
  }

  async json(): Promise<unknown> {
    return JSON.parse(await this.text());
  }

  async arrayBuffer(): Promise<ArrayBuffer> {
    if (this.data instanceof ArrayBuffer) {
      return this.data;
    }
    throw new TypeError("This answer is text: read it with text()");
  }
}

/** What `createJieli` needs: `createJieli({ baseUrl, grant, platform: weChatPlatform(wx) })`. */
export function weChatPlatform(wx: WeChat, options: { readonly timeout?: number } = {}): Platform {
  const globals = globalThis as { Headers?: unknown; FormData?: unknown };
  // The two classes that openapi-fetch takes from the global scope: it makes `new Headers()` and asks `instanceof FormData`.
  globals.Headers ??= MiniHeaders;
  globals.FormData ??= class FormData {};
  return {
    Request: MiniRequest as unknown as typeof Request,
    send: (given) => send(wx, given as unknown as MiniRequest, options.timeout),
  };
}

function send(wx: WeChat, request: MiniRequest, timeout: number | undefined): Promise<Response> {
  return new Promise((resolve, reject) => {
    const method = METHODS.find((known) => known === request.method);
    if (method === undefined) {
      reject(new TypeError(`wx.request has no ${request.method}`));
      return;
    }
    const header: Record<string, string> = {};
    request.headers.forEach((value, name) => {
      header[name] = value;
    });
    const task = wx.request({
      url: request.url,
      method,
      ...(request.text === undefined ? {} : { data: request.text }),
      header,
      // Anything but "json": the text is parsed here, as everywhere else.
      dataType: "text",
      responseType: /^(image|application\/(pdf|octet-stream|zip|vnd))/.test(request.headers.get("Accept") ?? "") ? "arraybuffer" : "text",
      ...(timeout === undefined ? {} : { timeout }),
      success: ({ data, statusCode, header: headers }) => {
        const response = new MiniResponse(data, statusCode, headers, request.url);
        resolve(response as unknown as Response);
      },
      fail: ({ errMsg }) => reject(new WeChatError(errMsg)),
    });
    request.signal?.addEventListener("abort", () => task?.abort());
  });
}

/** One file from a path of the mini program, to an upload operation such as `/api/v1/entrustments/{id}/materials/{material}/upload`. */
export async function uploadFile<T>(
  wx: WeChat,
  upload: {
    readonly baseUrl: string;
    readonly tokens: TokenSource;
    /** The path of the operation with its ids filled in. */
    readonly path: string;
    /** What `wx.chooseMedia` or `wx.chooseMessageFile` gave. */
    readonly filePath: string;
    readonly formData?: Record<string, string>;
    readonly timeout?: number;
  },
): Promise<T> {
  const key = randomKey();
  const once = (token: string) =>
    new Promise<{ data: string; statusCode: number }>((resolve, reject) => {
      wx.uploadFile({
        url: `${upload.baseUrl.replace(/\/$/, "")}${upload.path}`,
        filePath: upload.filePath,
        name: "file",
        ...(upload.formData === undefined ? {} : { formData: upload.formData }),
        header: { Authorization: `Bearer ${token}`, "Idempotency-Key": key },
        ...(upload.timeout === undefined ? {} : { timeout: upload.timeout }),
        success: resolve,
        fail: ({ errMsg }) => reject(new WeChatError(errMsg)),
      });
    });
  const token = await upload.tokens.access();
  let answer = await once(token);
  if (answer.statusCode === 401) {
    answer = await once(await upload.tokens.renew(token));
  }
  if (answer.statusCode < 200 || answer.statusCode > 299) {
    throw problemOf(answer.statusCode, answer.data);
  }
  return JSON.parse(answer.data) as T;
}
