import { request as send } from "node:http";

import type { WeChat } from "@jieli/client";

/** As much of `wx` as the adapter calls, over Node's http; in a mini program `wx` itself stands in its place. */
export function wx(): WeChat {
  return {
    request(options) {
      const body = options.data === undefined ? undefined : Buffer.from(options.data);
      const headers = body === undefined ? options.header : { ...options.header, "content-length": String(body.length) };
      const outgoing = send(options.url, { method: options.method, headers }, (answer) => {
        const chunks: Buffer[] = [];
        answer.on("data", (chunk: Buffer) => chunks.push(chunk));
        answer.on("end", () => {
          const header: Record<string, string | string[]> = {};
          for (const [name, value] of Object.entries(answer.headers)) {
            if (value !== undefined) {
              header[name] = value;
            }
          }
          // As wx.request does: success, whatever the status.
          options.success({ data: Buffer.concat(chunks).toString("utf8"), statusCode: answer.statusCode ?? 0, header });
        });
      });
      outgoing.on("error", () => options.fail({ errMsg: "request:fail" }));
      outgoing.end(body);
      return { abort: () => outgoing.destroy() };
    },
    uploadFile() {
      throw new Error("This example uploads nothing");
    },
  };
}
