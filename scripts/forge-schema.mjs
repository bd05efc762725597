/**
 * Writes `test/forge/openapi.json`: the shapes of the routes that `src/forge/` uses, as their makers publish them.
 * The test forge holds every request and every answer to it. Only shapes are kept; sentences and examples are not.
 *
 *   node scripts/forge-schema.mjs [folder with api.github.com.json and ghes-3.19.json] [folder of Gitea's module]
 *
 * Without folders it fetches the npm package (385 MB unpacked) and the Go module into a folder that it removes again.
 */
import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

const OPENAPI = { package: "@octokit/openapi", version: "23.0.2" };
const GITEA = { module: "code.gitea.io/gitea", version: "v1.27.3" };
const OUT = join(import.meta.dirname, "../test/forge/openapi.json");

const REPO = "/repos/{owner}/{repo}";
const SHARED = [
  "GET /user",
  `PATCH ${REPO}/issues/comments/{}`,
  `GET ${REPO}/issues/comments/{}`,
  `DELETE ${REPO}/issues/comments/{}`,
  `GET ${REPO}/issues/{}/comments`,
  `POST ${REPO}/issues/{}/comments`,
  `GET ${REPO}/issues/{}/labels`,
  `POST ${REPO}/issues/{}/labels`,
  `DELETE ${REPO}/issues/{}/labels/{}`,
  `GET ${REPO}/issues`,
  `POST ${REPO}/issues`,
  `PATCH ${REPO}/issues/{}`,
  `GET ${REPO}/collaborators/{}/permission`,
  `GET ${REPO}/pulls/{}`,
  `GET ${REPO}/pulls/{}/reviews`,
  `GET ${REPO}/pulls/{}/files`,
  `POST ${REPO}/statuses/{}`,
  `GET ${REPO}/commits/{}/statuses`,
];
const GITHUB_ROUTES = [
  ...SHARED,
  `GET ${REPO}/issues/{}/events`,
  `GET ${REPO}/pulls`,
  `GET ${REPO}/commits/{}/pulls`,
  `POST ${REPO}/check-runs`,
  `GET ${REPO}/commits/{}/check-runs`,
  `GET ${REPO}/actions/runs/{}/approvals`,
];
const GITEA_ROUTES = [
  ...SHARED,
  `GET ${REPO}/labels`,
  `POST ${REPO}/labels`,
  `GET ${REPO}/issues/{}/timeline`,
  `GET ${REPO}/commits/{}/pull`,
];

/** `{issue_number}` and `{index}` are one: only the first two names of a path are fixed. */
const nameless = (path) =>
  path
    .replaceAll(/\{\w+\}/gu, "{}")
    .replace("{}", "{owner}")
    .replace("{}", "{repo}");
const WORDS = new Set(["description", "title", "summary", "example", "examples", "externalDocs", "default"]);
const DROPPED = new Set([...WORDS, "deprecated", "readOnly", "discriminator", "xml"]);

/** A schema without words, in plain JSON Schema: `nullable` becomes a type, references become `#/definitions/`. */
function shape(schema, lenient) {
  if (Array.isArray(schema)) return schema.map((each) => shape(each, lenient));
  if (typeof schema !== "object" || schema === null) return schema;
  const { nullable = false, properties, $ref, ...rest } = schema;
  if ($ref !== undefined) {
    const ref = { $ref: `#/definitions/${$ref.split("/").at(-1)}` };
    return lenient ? orNull(ref) : ref;
  }
  const plain = {};
  for (const [key, value] of Object.entries(rest))
    if (!DROPPED.has(key) && !key.startsWith("x-")) plain[key] = key === "enum" ? value : shape(value, lenient);
  if (properties !== undefined)
    plain.properties = Object.fromEntries(
      Object.entries(properties).map(([name, each]) => [name, shape(each, lenient)]),
    );
  // Gitea does not say which fields may be null; its answers have null for whatever is absent.
  return (nullable || lenient) && Object.keys(plain).length > 0 ? orNull(plain) : plain;
}

function orNull(schema) {
  if (typeof schema.type !== "string") return { anyOf: [schema, { type: "null" }] };
  const allowed = schema.enum === undefined ? {} : { enum: [...schema.enum.filter((each) => each !== null), null] };
  return { ...schema, type: [schema.type, "null"], ...allowed };
}

const follow = (document, node) =>
  node?.$ref === undefined
    ? node
    : follow(
        document,
        node.$ref
          .slice(2)
          .split("/")
          .reduce((at, key) => at[key], document),
      );

function routeOf(document, operation, shared, lenient) {
  const parameters = [...shared, ...(operation.parameters ?? [])].map((each) => follow(document, each));
  const named = (place) =>
    Object.fromEntries(
      parameters
        .filter((each) => each.in === place)
        .map((each) => [each.name, shape(each.schema ?? { type: each.type }, false)]),
    );
  const inBody = parameters.find((each) => each.in === "body")?.schema;
  const asked = inBody ?? follow(document, operation.requestBody)?.content?.["application/json"]?.schema;
  const answers = Object.entries(operation.responses).map(([status, given]) => {
    const answer = follow(document, given);
    const schema = answer.schema ?? answer.content?.["application/json"]?.schema;
    return [status, schema === undefined ? null : shape(schema, lenient)];
  });
  return {
    query: named("query"),
    body: asked === undefined ? null : shape(asked, false),
    answers: Object.fromEntries(answers),
  };
}

function reduce(document, wanted, lenient) {
  const routes = {};
  for (const [path, item] of Object.entries(document.paths))
    for (const [method, operation] of Object.entries(item)) {
      const name = `${method.toUpperCase()} ${nameless(path)}`;
      if (wanted.includes(name)) routes[name] = routeOf(document, operation, item.parameters ?? [], lenient);
    }
  const missing = wanted.filter((name) => routes[name] === undefined);
  if (missing.length > 0) throw new Error(`not described: ${missing.join(", ")}`);
  const all = document.components?.schemas ?? document.definitions;
  const definitions = {};
  const collect = (node) => {
    for (const [, name] of JSON.stringify(node).matchAll(/#\/definitions\/([^"]+)/gu))
      if (definitions[name] === undefined) collect((definitions[name] = shape(all[name], lenient)));
  };
  collect(routes);
  return { routes, definitions };
}

function fetchOpenapi(folder) {
  execFileSync("npm", ["pack", `${OPENAPI.package}@${OPENAPI.version}`, "--silent"], { cwd: folder });
  const file = `${OPENAPI.package.slice(1).replace("/", "-")}-${OPENAPI.version}.tgz`;
  execFileSync("tar", ["-xzf", file, "package/generated/api.github.com.json", "package/generated/ghes-3.19.json"], {
    cwd: folder,
  });
  return join(folder, "package/generated");
}

function fetchGitea(folder) {
  const env = { ...process.env, GOPATH: join(folder, "go"), GOFLAGS: "-modcacherw" };
  const answer = execFileSync("go", ["mod", "download", "-json", `${GITEA.module}@${GITEA.version}`], {
    cwd: folder,
    env,
  });
  return JSON.parse(answer.toString()).Dir;
}

/** A line for each route and shape: a change can be read in a diff. */
const lines = (map) =>
  Object.entries(map)
    .map(([name, each]) => `${JSON.stringify(name)}: ${JSON.stringify(each)}`)
    .join(",\n");
const read = (...path) => JSON.parse(readFileSync(join(...path), "utf8"));
const temporary = mkdtempSync(join(tmpdir(), "forge-schema-"));
try {
  const generated = process.argv[2] ?? fetchOpenapi(temporary);
  const gitea = process.argv[3] ?? fetchGitea(temporary);
  const hosts = {
    github: reduce(read(generated, "api.github.com.json"), GITHUB_ROUTES, false),
    ghes: reduce(read(generated, "ghes-3.19.json"), GITHUB_ROUTES, false),
    gitea: reduce(read(gitea, "templates/swagger/v1_json.tmpl"), GITEA_ROUTES, true),
  };
  const sources = {
    github: { ...OPENAPI, file: "generated/api.github.com.json" },
    ghes: { ...OPENAPI, file: "generated/ghes-3.19.json" },
    gitea: { ...GITEA, file: "templates/swagger/v1_json.tmpl" },
  };
  const parts = Object.entries(hosts).map(
    ([host, { routes, definitions }]) =>
      `${JSON.stringify(host)}: {"routes": {\n${lines(routes)}\n}, "definitions": {\n${lines(definitions)}\n}}`,
  );
  const text = `{"sources": ${JSON.stringify(sources)},\n${parts.join(",\n")}}\n`;
  writeFileSync(OUT, text);
  process.stdout.write(`${OUT}: ${(text.length / 1000).toFixed(0)} kB\n`);
} finally {
  rmSync(temporary, { recursive: true, force: true });
}
