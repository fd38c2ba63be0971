// node postman.mjs [--check]: makes jieli.postman_collection.json from openapi.json by openapi-to-postmanv2, takes out what
// changes from run to run (ids) and what is only bulk (example answers), and lets the collection sign in by itself.
import { readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

import converter from "openapi-to-postmanv2";

const file = (name) => fileURLToPath(new URL(name, import.meta.url));
const OUT = file("jieli.postman_collection.json");
const document = JSON.parse(readFileSync(file("openapi.json"), "utf8"));

// The demo account that each operation's description names, by the operation's id: names of requests occur several times.
const logins = {};
for (const path of Object.values(document.paths)) {
  for (const operation of Object.values(path)) {
    const login = /以 `([a-z0-9_]+)` 登录/.exec(operation?.description ?? "");
    if (login) {
      logins[operation.operationId] = login[1];
    }
  }
}

// Between the summary of a request and the id of its operation.
const MARK = " · ";

const OPTIONS = {
  folderStrategy: "Tags",
  requestNameSource: "Fallback",
  requestParametersResolution: "Example",
  exampleParametersResolution: "Example",
  parametersResolution: "Example",
  optimizeConversion: true,
  stackLimit: 20,
  includeAuthInfoInExample: false,
  includeResponses: false,
};
const answer = await new Promise((resolve, reject) => {
  converter.convert({ type: "json", data: document }, OPTIONS, (error, result) => (error ? reject(error) : resolve(result)));
});
if (!answer.result) {
  throw new Error(answer.reason);
}
const collection = answer.output[0].data;

// The converter fills what has no example with random text. Here only the document's own examples are sent, which work
// against the demo as it stands; every other parameter is there, empty and off.
clean(collection.item);

function clean(items) {
  for (const item of items) {
    delete item.id;
    if (item.item) {
      clean(item.item);
    } else {
      item.response = [];
      // Names tell requests apart, for the script below knows no more of them: summaries occur several times.
      item.name = `${item.name}${MARK}${tidy(item.request)}`;
    }
  }
}

function tidy(request) {
  const path = `/${request.url.path.join("/").replace(/:([A-Za-z_]+)/g, "{$1}")}`;
  const operation = document.paths[path]?.[request.method.toLowerCase()];
  if (!operation) {
    throw new Error(`${request.method} ${path} is not in the document`);
  }
  const parameters = operation.parameters ?? [];
  const tidied = (list, where) =>
    (list ?? []).filter((one, i) => list.findIndex((o) => o.key === one.key) === i).map((one) => {
      const parameter = parameters.find((p) => p.in === where && p.name === one.key);
      return parameter ? settled(one, parameter) : one;
    });
  request.header = tidied(request.header, "header");
  request.url.query = tidied(request.url.query, "query");
  request.url.variable = tidied(request.url.variable, "path");
  for (const [type, media] of Object.entries(operation.requestBody?.content ?? {})) {
    const example = media.example ?? Object.values(media.examples ?? {})[0]?.value;
    if (type === "application/json") {
      request.body.raw = JSON.stringify(example ?? {}, null, 2);
    } else if (type === "application/octet-stream") {
      request.body = { mode: "file", file: {} };
    } else {
      for (const field of request.body.formdata ?? request.body.urlencoded ?? []) {
        if (fileField(media.schema, field.key)) {
          // A file is chosen by whoever sends it.
          delete field.value;
          Object.assign(field, { type: "file", src: null });
        } else {
          field.value = String(example?.[field.key] ?? "");
        }
      }
    }
  }
  delete request.auth;
  if (operation.security.every((way) => Object.keys(way).length === 0)) {
    request.auth = { type: "noauth" };
  }
  return operation.operationId;
}

function fileField(schema, name) {
  const resolved = schema?.$ref ? document.components.schemas[schema.$ref.split("/").pop()] : schema;
  return resolved?.properties?.[name]?.format === "binary";
}

function settled(one, parameter) {
  const example = parameter.example;
  const { disabled, ...rest } = one;
  const value = example === undefined ? "" : String(example);
  return parameter.required ? { ...rest, value } : { ...rest, value, disabled: example === undefined };
}

const SIGN_IN = `// Signs in as the demo account of this request (variable "logins"), or as "username" where it names none.
const login = JSON.parse(pm.collectionVariables.get("logins"))[pm.info.requestName.split("${MARK}").pop()] || pm.variables.get("username");
const held = JSON.parse(pm.collectionVariables.get("tokens") || "{}");
if (held[login] && held[login].until > Date.now()) {
  pm.variables.set("access_token", held[login].token);
} else {
  const form = { grant_type: "password", username: login, password: pm.variables.get("password") };
  const urlencoded = Object.keys(form).map((key) => ({ key, value: form[key] }));
  pm.sendRequest({ url: pm.variables.replaceIn("{{baseUrl}}/oauth2/token"), method: "POST", body: { mode: "urlencoded", urlencoded } }, (error, answer) => {
    if (error || answer.code !== 200) {
      throw new Error("Signing in as " + login + " failed: " + (error || answer.text()));
    }
    const token = answer.json();
    held[login] = { token: token.access_token, until: Date.now() + (token.expires_in - 30) * 1000 };
    pm.collectionVariables.set("tokens", JSON.stringify(held));
    pm.variables.set("access_token", token.access_token);
  });
}`;

delete collection.info._postman_id;
collection.info.name = "jieli 接力";
collection.auth = { type: "bearer", bearer: [{ key: "token", value: "{{access_token}}", type: "string" }] };
collection.event = [{ listen: "prerequest", script: { type: "text/javascript", exec: SIGN_IN.split("\n") } }];
collection.variable = [
  { key: "baseUrl", value: "http://127.0.0.1:8080" },
  { key: "username", value: "city_clerk" },
  { key: "password", value: "jieli-demo-2026" },
  { key: "logins", value: JSON.stringify(logins) },
  { key: "tokens", value: "{}" },
];

const text = `${JSON.stringify(collection, null, 1)}\n`;
if (process.argv.includes("--check")) {
  if (readFileSync(OUT, "utf8") !== text) {
    console.error("openapi/jieli.postman_collection.json is out of date: run `make postman`");
    process.exit(1);
  }
} else {
  writeFileSync(OUT, text);
}
