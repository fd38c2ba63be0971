// Is the AsyncAPI document valid? Says every error of the official parser, and fails where there is one.
import { readFile } from "node:fs/promises";
import { Parser } from "@asyncapi/parser";

const file = process.argv[2];
const { document, diagnostics } = await new Parser().parse(await readFile(file, "utf8"), { source: file });
const errors = diagnostics.filter((d) => d.severity === 0);
for (const d of diagnostics.filter((d) => d.severity <= 1)) console.log(`${d.severity === 0 ? "error" : "warning"} ${d.code}: ${d.message} at /${d.path.join("/")}`);
if (errors.length > 0 || !document) process.exit(1);
console.log(`${file} is valid: ${document.allMessages().all().length} messages`);
