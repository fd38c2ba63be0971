// A mini program has none of these; they go before the client is loaded, so that it cannot take them.
const GONE = ["fetch", "Request", "Response", "Headers", "FormData", "URL", "URLSearchParams", "crypto"] as const;
for (const name of GONE) {
  Object.defineProperty(globalThis, name, { value: undefined, configurable: true, writable: true });
}

import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";

import { fakeWx } from "./fake-wx.js";
import { problem, serve, token } from "./server.js";

const { createJieli, take, Problem, Tokens, weChatPlatform, uploadFile, WeChatError } = await import("../src/index.js");

const grant = { kind: "password", username: "ent_rudong", password: "x" } as const;

test("calls go through wx.request with token and idempotency key", async (t) => {
  const server = await serve(({ path }) => (path === "/oauth2/token" ? token("wx") : { status: 201, headers: { ETag: '"1"' }, body: { id: "e1" } }));
  t.after(server.stop);
  const wx = fakeWx();
  const api = createJieli({ baseUrl: server.base, grant, platform: weChatPlatform(wx) });
  const { data, response } = await api.POST("/api/v1/search", { body: { q: "接水" } as never });
  assert.deepEqual(data, { id: "e1" });
  assert.equal(response.headers.get("etag"), '"1"');
  assert.equal(wx.calls.length, 2);
  assert.equal(server.seen[0]?.headers["content-type"], "application/x-www-form-urlencoded");
  assert.equal(server.seen[1]?.headers.authorization, "Bearer wx");
  assert.equal(server.seen[1]?.headers["content-type"], "application/json");
  assert.match(String(server.seen[1]?.headers["idempotency-key"]), /^[0-9a-f-]{36}$/);
  assert.equal(server.seen[1]?.body, '{"q":"接水"}');
});

test("an error is thrown although wx.request calls it a success", async (t) => {
  const server = await serve(() => problem(422, "not_eligible"));
  t.after(server.stop);
  const api = createJieli({ baseUrl: server.base, platform: weChatPlatform(fakeWx()) });
  await assert.rejects(take(api.GET("/api/v1/me")), (e) => e instanceof Problem && e.status === 422 && e.code === "not_eligible");
});

test("a dead line is tried again, then told", async () => {
  const wx = fakeWx();
  const api = createJieli({ baseUrl: "http://127.0.0.1:9", platform: weChatPlatform(wx), attempts: 2, sleep: async () => {} });
  await assert.rejects(take(api.GET("/api/v1/me")), WeChatError);
  assert.equal(wx.calls.length, 2);
});

test("PATCH is refused before it is sent", async () => {
  const wx = fakeWx();
  const platform = weChatPlatform(wx);
  await assert.rejects(platform.send(new platform.Request("http://127.0.0.1:9/", { method: "PATCH" })), /has no PATCH/);
  assert.equal(wx.calls.length, 0);
});

test("files go by wx.uploadFile, with a fresh token where the first is refused", async (t) => {
  let issued = 0;
  const server = await serve(({ path, headers }) => {
    if (path === "/oauth2/token") {
      return token(`u${(issued += 1)}`);
    }
    return headers.authorization === "Bearer u1" ? problem(401, "unauthenticated") : { status: 201, body: { id: "file" } };
  });
  t.after(server.stop);
  const folder = mkdtempSync(join(tmpdir(), "jieli-"));
  t.after(() => rmSync(folder, { recursive: true }));
  const filePath = join(folder, "a.txt");
  writeFileSync(filePath, "内容");
  const wx = fakeWx();
  const tokens = new Tokens({ baseUrl: server.base, grant, platform: weChatPlatform(wx) });
  const answer = await uploadFile<{ id: string }>(wx, { baseUrl: server.base, tokens, path: "/api/v1/attachments", filePath, formData: { purpose: "material" } });
  assert.deepEqual(answer, { id: "file" });
  const [, first, , second] = server.seen;
  assert.equal(first?.headers["idempotency-key"], second?.headers["idempotency-key"]);
  assert.match(second?.body ?? "", /name="purpose"[\s\S]*material[\s\S]*filename="a.txt"[\s\S]*内容/);
});
