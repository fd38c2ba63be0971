/**
 * “A matter, from APP to rating”, the README's story, through the TypeScript client against a running demo:
 *
 *     BASE_URL=http://127.0.0.1:8080 node dist/story.js [--wx]
 *
 * With `--wx` every request goes through the adapter for WeChat mini programs, over a `wx` made of Node's http.
 */
import { createJieli, each, etag, Problem, synchronise, take, weChatPlatform, type Api, type Schemas } from "@jieli/client";

import { expect, present } from "./expect.js";
import { wx } from "./wx.js";

const BASE = process.env["BASE_URL"] ?? "http://127.0.0.1:8080";
const inMiniProgram = process.argv.includes("--wx");

function signIn(username?: string): Api {
  return createJieli({
    baseUrl: BASE,
    ...(username === undefined ? {} : { grant: { kind: "password", username, password: "jieli-demo-2026" } as const }),
    ...(inMiniProgram ? { platform: weChatPlatform(wx()) } : {}),
  });
}

const company = signIn("ent_rudong");
const city = signIn("city_clerk");
const county = signIn("rd_clerk");
const agent = signIn("rd_agent");
const manager = signIn("rd_manager");
const anyone = signIn();

console.log("1. The company applies at the city center; one material is still missing.");
const application: Schemas["NewEntrustment"] = {
  item: "GS-320623-0001",
  mode: "full_agency",
  channel: "app",
  center: "320600000000",
  contact: { name: "联系人甲", phone: "13900000001" },
  request: "新建厂房需要接水，请帮助办理",
  materials: [{ code: "M1" }, { code: "M2" }],
};
const key = { "Idempotency-Key": `story-${Date.now()}` };
const matter = await take(company.POST("/api/v1/entrustments", { body: application, headers: key }));
const again = await company.POST("/api/v1/entrustments", { body: application, headers: key });
expect("sent twice with one key, it is one matter", again.data?.id, matter.id);
expect("told by", again.response.headers.get("Idempotency-Replayed"), "true");
expect("state", matter.state, "submitted");
const of = { params: { path: { id: matter.id } } };

console.log("2. Who should handle it, and why?");
const route = await take(
  city.POST("/api/v1/routing/resolve", { body: { item: "GS-320623-0001", applicant_division: "320623000000" } }),
);
expect("names 如东县", route.explanation.includes("如东县"), true);

console.log("3. The city offers it to the county; the county accepts transfer and matter, and names its agent.");
const transfer = await take(
  city.POST("/api/v1/entrustments/{id}/transfer", { ...of, body: { to: "auto", applicant_consent: true } }),
);
const me = await take(agent.GET("/api/v1/me"));
const accepted = await take(
  county.POST("/api/v1/transfers/{id}/accept", {
    params: { path: { id: transfer.id } },
    body: { assignee_id: me.id, accept_matter: { process_explained: true, papers_verified: true, form_signed: true } },
  }),
);
expect("transfer", accepted.state, "accepted");

console.log("4. The agreement: drafted by the county, signed by the company.");
const drafted = await take(agent.POST("/api/v1/entrustments/{id}/draft-agreement", of));
expect("agreement", drafted.agreement?.state, "drafted");
const signed = await take(
  company.POST("/api/v1/entrustments/{id}/sign-agreement", { ...of, body: { signature: { method: "online" } } }),
);
expect("agreement", signed.agreement?.state, "signed");

console.log("5. The one-time notice of what is missing; the company supplies it; the agent verifies it.");
const noticed = await take(
  agent.POST("/api/v1/entrustments/{id}/one-time-notice", {
    ...of,
    body: { items: [{ code: "M3", what: "缺少用水场所的权属证明", how: "拍照上传不动产权证或者租赁合同" }] },
  }),
);
present("the limit of the notice", noticed.notices?.[0]?.due_at);
const material = (act: "submit" | "accept") => ({ params: { path: { id: matter.id, material: "M3", act } } });
const submitted = await take(
  company.POST("/api/v1/entrustments/{id}/materials/{material}/{act}", { ...material("submit"), body: { note: "不动产权证照片" } }),
);
expect("M3", submitted.materials.find((m) => m.code === "M3")?.state, "submitted");
const verified = await take(agent.POST("/api/v1/entrustments/{id}/materials/{material}/{act}", material("accept")));
expect("M3", verified.materials.find((m) => m.code === "M3")?.state, "accepted");

console.log("6. The plan from the template of the item, and what the authorities did.");
const planned = await take(agent.POST("/api/v1/entrustments/{id}/plan", of));
present("the planned end of the fourth step", planned.steps[3]?.planned_end);
await carry(["S1", "S2"]);

console.log("7. Suspended by the manager while a survey is awaited, and resumed.");
const suspended = await take(
  manager.POST("/api/v1/entrustments/{id}/suspend", {
    ...of,
    body: { reason: "awaiting_third_party", note: "等待外线勘测报告", days: 5 },
  }),
);
expect("state", suspended.state, "suspended");
const resumed = await take(agent.POST("/api/v1/entrustments/{id}/resume", of));
expect("state", resumed.state, "in_progress");
await carry(["S3", "S4"]);

console.log("8. Completed; the company refuses to sign; completed again; signed.");
const done: Schemas["CompleteInput"] = { outcome: "granted", note: "已通水", results: ["RD-JG-1"] };
const completed = await agent.POST("/api/v1/entrustments/{id}/complete", { ...of, body: done });
expect("state", completed.data?.state, "completed");
const stale = await agent
  .POST("/api/v1/entrustments/{id}/notes", { ...of, body: { text: "已电话告知" }, headers: { "If-Match": '"1"' } })
  .then(() => undefined)
  .catch((error: unknown) => error);
expect("a note on an old version is refused", stale instanceof Problem ? stale.code : stale, "stale_version");
present("an ETag", etag(completed.response));
const refused = await take(
  company.POST("/api/v1/entrustments/{id}/refuse-completion", { ...of, body: { reason: "水表还没有安装" } }),
);
expect("state", refused.state, "in_progress");
await agent.POST("/api/v1/entrustments/{id}/complete", { ...of, body: done });
const closed = await take(
  company.POST("/api/v1/entrustments/{id}/sign-completion", { ...of, body: { signature: { method: "online" } } }),
);
expect("state", closed.state, "closed");
const late = await agent.POST("/api/v1/entrustments/{id}/resume", of).catch((error: unknown) => error);
expect("resuming what is closed", late instanceof Problem ? `${late.status} ${late.code}` : late, "409 state_conflict");

console.log("9. The evaluation, by its single-use link, without signing in.");
let link: string | undefined;
for await (const open of each((cursor) =>
  take(company.GET("/api/v1/evaluations", { params: { query: { state: ["open"], limit: 5, ...(cursor === undefined ? {} : { cursor }) } } })),
)) {
  if (open.entrustment_id === matter.id) {
    link = open.link;
    break;
  }
}
const secret = present("the link", link).split("/").pop() ?? "";
const rated = await take(
  anyone.POST("/api/v1/evaluation-links/{id}", {
    params: { path: { id: secret } },
    body: { grade: "very_satisfied", comment: "一次都没有跑，很方便" },
  }),
);
expect("evaluation", rated.state, "rated");

console.log("10. What anyone can see with the number and the last four digits of the phone.");
const progress = await take(
  anyone.GET("/api/v1/progress/{id}", { params: { path: { id: matter.number }, query: { phone_last4: "0001" } } }),
);
expect("state", progress.state, "closed");

console.log("11. Synchronising: what changed since this matter came in, page by page, and where to go on.");
const seen = new Set<string>();
let since = matter.created_at;
// A change is handed out once it has settled, ten seconds after it was made: nothing that is still being written is missed.
for (let turn = 0; turn < 30 && !seen.has(matter.id); turn += 1) {
  since = await synchronise(
    since,
    (from, cursor) =>
      take(
        company.GET("/api/v1/entrustments", {
          params: { query: { updated_since: from, limit: 2, ...(cursor === undefined ? {} : { cursor }) } },
        }),
      ),
    (record) => void seen.add(record.id),
  );
  await new Promise((done) => setTimeout(done, seen.has(matter.id) ? 0 : 1000));
}
expect("the matter is among them", seen.has(matter.id), true);
expect("as_of lies after it", Date.parse(since) > Date.parse(matter.created_at), true);
console.log(inMiniProgram ? "The story is told, through wx.request." : "The story is told.");

/** What the authorities do with a step: filed, accepted, granted. */
async function carry(steps: readonly string[]): Promise<void> {
  for (const step of steps) {
    for (const act of ["file", "accept", "grant"] as const) {
      const after = await take(
        agent.POST("/api/v1/entrustments/{id}/steps/{step}/{act}", {
          params: { path: { id: matter.id, step, act } },
          body: { receipt_no: "RD-1", acceptance_no: "RD-SL-1", result_no: "RD-JG-1", evidence: "通知书照片" },
        }),
      );
      if (act === "grant") {
        expect(step, after.steps.find((s) => s.code === step)?.state, "granted");
      }
    }
  }
}
