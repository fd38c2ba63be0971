import assert from "node:assert/strict";
import { test } from "node:test";

import { createJieli, each, etag, Problem, synchronise, take, TokenRefused, type Page } from "../src/index.js";
import { problem, serve, token } from "./server.js";

const PASSWORD = { kind: "password", username: "city_clerk", password: "p&w=1 中" } as const;
const quick = { sleep: async () => {} };

test("signs in once for many calls and keeps the token", async (t) => {
  const server = await serve(({ path }) => (path === "/oauth2/token" ? token("one") : { body: { id: "me" } }));
  t.after(server.stop);
  const api = createJieli({ baseUrl: `${server.base}/`, grant: PASSWORD });
  await Promise.all([1, 2, 3].map(() => take(api.GET("/api/v1/me"))));
  const asked = server.seen.filter((s) => s.path === "/oauth2/token");
  assert.equal(asked.length, 1);
  assert.equal(asked[0]?.body, "grant_type=password&username=city_clerk&password=p%26w%3D1%20%E4%B8%AD");
  assert.deepEqual(new Set(server.seen.slice(1).map((s) => s.headers.authorization)), new Set(["Bearer one"]));
});

test("a refused token is renewed once, by the refresh token, for all who wait", async (t) => {
  let issued = 0;
  const kept: string[] = [];
  const server = await serve(({ path, headers }) => {
    if (path === "/oauth2/token") {
      issued += 1;
      return token(`t${issued}`);
    }
    return headers.authorization === "Bearer t2" ? { body: { id: "me" } } : problem(401, "unauthenticated");
  });
  t.after(server.stop);
  const api = createJieli({ baseUrl: server.base, grant: PASSWORD, onRefreshToken: (r) => kept.push(r) });
  await Promise.all([1, 2, 3].map(() => take(api.GET("/api/v1/me"))));
  assert.equal(issued, 2);
  const forms = server.seen.filter((s) => s.path === "/oauth2/token").map((s) => s.body);
  assert.match(forms[1] ?? "", /grant_type=refresh_token&refresh_token=refresh-t1/);
  assert.deepEqual(kept, ["refresh-t1", "refresh-t2"]);
});

test("a session that ended signs in anew; a wrong secret is told", async (t) => {
  let step = 0;
  const server = await serve(({ path, body }) => {
    if (path !== "/oauth2/token") {
      return { body: {} };
    }
    step += 1;
    if (body.startsWith("grant_type=refresh_token")) {
      return { status: 400, body: { error: "invalid_grant", error_description: "会话已结束" } };
    }
    return step > 3 ? { status: 401, body: { error: "invalid_client", error_description: "密钥不对" } } : token(`s${step}`, 1);
  });
  t.after(server.stop);
  const api = createJieli({ baseUrl: server.base, grant: PASSWORD });
  await api.GET("/api/v1/me");
  await new Promise((done) => setTimeout(done, 1100));
  await api.GET("/api/v1/me");
  assert.equal(step, 3);
  const other = createJieli({ baseUrl: server.base, grant: { kind: "client_credentials", clientId: "hotline", clientSecret: "x" } });
  await assert.rejects(other.GET("/api/v1/me"), (e) => e instanceof TokenRefused && e.error === "invalid_client");
});

test("token exchange asks for a new assertion each time", async (t) => {
  let made = 0;
  const server = await serve(({ path }) => (path === "/oauth2/token" ? { body: { access_token: "a", token_type: "Bearer", expires_in: 600 } } : { body: {} }));
  t.after(server.stop);
  const api = createJieli({
    baseUrl: server.base,
    grant: {
      kind: "token_exchange",
      clientId: "portal",
      clientSecret: "s",
      subjectTokenType: "urn:ietf:params:oauth:token-type:jwt",
      subjectToken: async () => `jwt${(made += 1)}`,
    },
  });
  await api.GET("/api/v1/me");
  const form = new URLSearchParams(server.seen[0]?.body);
  assert.equal(form.get("grant_type"), "urn:ietf:params:oauth:grant-type:token-exchange");
  assert.equal(form.get("subject_token"), "jwt1");
});

test("a POST that is tried again keeps its idempotency key", async (t) => {
  const server = await serve((_, all) =>
    all.length === 1 ? problem(503, "unavailable") : all.length === 2 ? problem(409, "idempotency_in_progress") : { body: { id: "1" } },
  );
  t.after(server.stop);
  const api = createJieli({ baseUrl: server.base, ...quick });
  await api.POST("/api/v1/search", { body: { q: "接水" } as never });
  const keys = new Set(server.seen.map((s) => s.headers["idempotency-key"]));
  assert.equal(server.seen.length, 3);
  assert.equal(keys.size, 1);
  assert.match([...keys][0] as string, /^[0-9a-f-]{36}$/);
  assert.equal(server.seen[2]?.body, '{"q":"接水"}');
});

test("a key of one's own is kept, and a GET has none", async (t) => {
  const server = await serve(() => ({ body: {} }));
  t.after(server.stop);
  const api = createJieli({ baseUrl: server.base });
  await api.POST("/api/v1/search", { body: {} as never, headers: { "Idempotency-Key": "mine" } });
  await api.GET("/api/v1/me");
  assert.deepEqual(
    server.seen.map((s) => s.headers["idempotency-key"]),
    ["mine", undefined],
  );
});

test("problems are thrown, typed; a long Retry-After is not sat out", async (t) => {
  const server = await serve(({ path }) =>
    path === "/api/v1/me" ? { ...problem(429, "rate_limited"), headers: { "Retry-After": "3600" } } : { status: 502, headers: { "Content-Type": "text/html" }, body: "gateway" },
  );
  t.after(server.stop);
  const api = createJieli({ baseUrl: server.base, ...quick });
  await assert.rejects(api.GET("/api/v1/me"), (e) => e instanceof Problem && e.status === 429 && e.code === "rate_limited" && e.requestId === "r-1");
  await assert.rejects(api.GET("/api/v1/dictionaries"), /answered 502/);
  assert.equal(server.seen.length, 2);
});

test("lists are read to their end, and synchronising returns the first page's as_of", async () => {
  const pages: Page<number>[] = [
    { items: [1, 2], has_more: true, next_cursor: "b", as_of: "T1" },
    { items: [], has_more: true, next_cursor: "c", as_of: "T2" },
    { items: [3], has_more: false, as_of: "T3" },
  ];
  const read = async (cursor: string | undefined) => pages[{ b: 1, c: 2 }[cursor ?? ""] ?? 0] as Page<number>;
  const all: number[] = [];
  for await (const one of each(read)) {
    all.push(one);
  }
  assert.deepEqual(all, [1, 2, 3]);
  const kept: number[] = [];
  assert.equal(await synchronise("T0", (_, cursor) => read(cursor), (n) => void kept.push(n)), "T1");
  assert.deepEqual(kept, [1, 2, 3]);
});

test("repeated filters are repeated, ranges keep their brackets, ETags are found", async (t) => {
  const server = await serve(() => ({ headers: { ETag: '"7"' }, body: { items: [], has_more: false } }));
  t.after(server.stop);
  const api = createJieli({ baseUrl: server.base });
  const { response } = await api.GET("/api/v1/entrustments", {
    params: { query: { state: ["submitted", "accepted"], "created_at[gte]": "2026-01-01T00:00:00+08:00" } },
  });
  const query = new URL(server.seen[0]?.path ?? "", server.base).searchParams;
  assert.deepEqual(query.getAll("state"), ["submitted", "accepted"]);
  assert.equal(query.get("created_at[gte]"), "2026-01-01T00:00:00+08:00");
  assert.equal(etag(response), '"7"');
});
