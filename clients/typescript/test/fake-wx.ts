import { readFileSync } from "node:fs";
import { request as send } from "node:http";

import type { WeChat } from "../src/wechat.js";

/** `wx` as its documentation describes it, over Node's plain http: success for any status, no PATCH, header names as sent. */
export function fakeWx(): WeChat & { readonly calls: { url: string; method: string }[] } {
  const calls: { url: string; method: string }[] = [];

  function go(
    url: string,
    method: string,
    header: Record<string, string>,
    body: Buffer | undefined,
    done: (status: number, headers: Record<string, string | string[]>, data: Buffer) => void,
    fail: (error: { errMsg: string }) => void,
  ): { abort(): void } {
    calls.push({ url, method });
    const outgoing = send(url, { method, headers: body === undefined ? header : { ...header, "content-length": body.length } }, (answer) => {
      const chunks: Buffer[] = [];
      answer.on("data", (chunk: Buffer) => chunks.push(chunk));
      answer.on("end", () => {
        const headers: Record<string, string | string[]> = {};
        for (const [name, value] of Object.entries(answer.headers)) {
          if (value !== undefined) {
            headers[name.replace(/\b[a-z]/g, (c) => c.toUpperCase())] = value;
          }
        }
        done(answer.statusCode ?? 0, headers, Buffer.concat(chunks));
      });
    });
    outgoing.on("error", () => fail({ errMsg: "request:fail" }));
    outgoing.end(body);
    return { abort: () => outgoing.destroy() };
  }

  return {
    calls,
    request(options) {
      const known = ["GET", "HEAD", "POST", "PUT", "DELETE", "OPTIONS", "TRACE", "CONNECT"];
      if (!known.includes(options.method)) {
        throw new TypeError(`method ${options.method} is not supported`);
      }
      const body = options.data === undefined ? undefined : Buffer.from(options.data);
      return go(
        options.url,
        options.method,
        options.header,
        body,
        (statusCode, header, bytes) => {
          const file = options.responseType === "arraybuffer";
          const data = file ? bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.length) : bytes.toString("utf8");
          options.success({ data, statusCode, header });
        },
        options.fail,
      );
    },
    uploadFile(options) {
      const edge = "wxmpboundary";
      const fields = Object.entries(options.formData ?? {}).map(
        ([name, value]) => `--${edge}\r\nContent-Disposition: form-data; name="${name}"\r\n\r\n${value}\r\n`,
      );
      const name = options.filePath.split("/").pop() ?? "file";
      const head = `--${edge}\r\nContent-Disposition: form-data; name="${options.name}"; filename="${name}"\r\nContent-Type: application/octet-stream\r\n\r\n`;
      const body = Buffer.concat([Buffer.from(fields.join("") + head), readFileSync(options.filePath), Buffer.from(`\r\n--${edge}--\r\n`)]);
      const header = { ...options.header, "Content-Type": `multipart/form-data; boundary=${edge}` };
      return go(
        options.url,
        "POST",
        header,
        body,
        (statusCode, _, bytes) => options.success({ data: bytes.toString("utf8"), statusCode }),
        options.fail,
      );
    },
  };
}
