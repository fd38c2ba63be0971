import { createServer, type IncomingHttpHeaders } from "node:http";
import type { AddressInfo } from "node:net";

export interface Seen {
  readonly method: string;
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

export interface Answer {
  readonly status?: number;
  readonly headers?: Record<string, string>;
  readonly body?: unknown;
}

/** A server on a free port that notes what it sees and answers as told. */
export async function serve(
  answer: (seen: Seen, all: readonly Seen[]) => Answer,
): Promise<{ base: string; seen: Seen[]; stop: () => void }> {
  const seen: Seen[] = [];
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on("data", (chunk: Buffer) => chunks.push(chunk));
    request.on("end", () => {
      const one: Seen = {
        method: request.method ?? "",
        path: request.url ?? "",
        headers: request.headers,
        body: Buffer.concat(chunks).toString("utf8"),
      };
      seen.push(one);
      const { status = 200, headers = {}, body } = answer(one, seen);
      response.writeHead(status, { "Content-Type": status >= 400 ? "application/problem+json" : "application/json", ...headers });
      response.end(body === undefined ? undefined : JSON.stringify(body));
    });
  });
  await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
  return {
    base: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    seen,
    stop: () => {
      server.closeAllConnections();
      server.close();
    },
  };
}

export function problem(status: number, code: string): Answer {
  return {
    status,
    body: { type: `/problems/${code}`, title: "不行", status, detail: "请稍后再试", instance: "/", code, request_id: "r-1" },
  };
}

export function token(name: string, seconds = 900): Answer {
  return { body: { access_token: name, token_type: "Bearer", expires_in: seconds, refresh_token: `refresh-${name}` } };
}
