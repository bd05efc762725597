/** Requests and answers held to the descriptions that the forges' makers publish (`openapi.json`). */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { Ajv } from "ajv";
import type { ValidateFunction } from "ajv";
import formats from "ajv-formats";

export type DescribedHost = "github" | "ghes" | "gitea";
export type Json = null | boolean | number | string | readonly Json[] | { readonly [name: string]: Json | undefined };

interface Schema {
  readonly $ref?: string;
  readonly type?: string | readonly string[];
  readonly enum?: readonly Json[];
  readonly format?: string;
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly required?: readonly string[];
  readonly additionalProperties?: boolean | Schema;
  readonly items?: Schema;
  readonly anyOf?: readonly Schema[];
  readonly oneOf?: readonly Schema[];
  readonly allOf?: readonly Schema[];
}

interface Route {
  readonly query: Readonly<Record<string, Schema>>;
  readonly body: Schema | null;
  readonly answers: Readonly<Record<string, Schema | null>>;
}

interface Description {
  readonly routes: Readonly<Record<string, Route>>;
  readonly definitions: Readonly<Record<string, Schema>>;
}

/** The request or the answer is not what the description says. */
export class Undescribed extends Error {}

const all = JSON.parse(readFileSync(join(import.meta.dirname, "openapi.json"), "utf8")) as Record<
  DescribedHost,
  Description
>;
const ajv = new Ajv({ strict: false, allErrors: true, logger: false });
(formats as unknown as (ajv: Ajv) => void)(ajv);
const compiled = new WeakMap<object, ValidateFunction>();

export interface Described {
  /** Name of the route and the values of the unnamed parts of its path; undefined if no such route is described. */
  readonly match: (
    method: string,
    path: string,
  ) => { readonly route: string; readonly parts: readonly string[] } | undefined;
  readonly checkRequest: (route: string, query: URLSearchParams, body: Json | undefined) => void;
  /** Fills in what an answer must have besides `facts`, then checks it. Facts that the description does not know are refused. */
  readonly answer: (route: string, status: number, facts: Json) => Json;
}

export function describedBy(host: DescribedHost): Described {
  const { routes, definitions } = all[host];
  const patterns = Object.keys(routes).map((route) => {
    const [method = "", path = ""] = route.split(" ");
    const pattern = path.replaceAll(".", "\\.").replaceAll(/\{\w*\}/gu, "([^/]+)");
    return { route, method, pattern: new RegExp(`^${pattern}$`, "u") };
  });

  const routeOf = (route: string): Route => {
    const found = routes[route];
    if (found === undefined) throw new Undescribed(`${route} is not described`);
    return found;
  };
  const resolve = (schema: Schema): Schema => {
    const name = schema.$ref?.split("/").at(-1);
    return name === undefined ? schema : resolve(definitions[name] ?? {});
  };
  function validate(schema: Schema, value: Json, what: string): void {
    const check = compiled.get(schema) ?? ajv.compile({ ...schema, definitions });
    compiled.set(schema, check);
    if (!check(value)) throw new Undescribed(`${what}: ${ajv.errorsText(check.errors)}`);
  }

  /** All properties and required names, also those behind `allOf`. */
  function objectOf(schema: Schema): Pick<Schema, "properties" | "required" | "additionalProperties"> {
    const parts = (schema.allOf ?? []).map((part) => objectOf(resolve(part)));
    return {
      properties: Object.assign({}, ...parts.map((part) => part.properties), schema.properties) as Record<
        string,
        Schema
      >,
      required: [...parts.flatMap((part) => part.required ?? []), ...(schema.required ?? [])],
      ...(schema.additionalProperties === undefined ? {} : { additionalProperties: schema.additionalProperties }),
    };
  }
  function fill(given: Schema, value: Json | undefined, at: string): Json {
    const schema = resolve(given);
    const branches = schema.anyOf ?? schema.oneOf;
    if (branches !== undefined && schema.properties === undefined) return fillBranch(branches, value, at);
    if (value === undefined) return least(schema, at);
    if (Array.isArray(value))
      return (value as readonly Json[]).map((item) => fill(schema.items ?? {}, item, `${at}[]`));
    if (typeof value !== "object" || value === null) return value;
    return fillObject(schema, value as Readonly<Record<string, Json | undefined>>, at);
  }
  function fillObject(schema: Schema, value: Readonly<Record<string, Json | undefined>>, at: string): Json {
    const { properties = {}, required = [], additionalProperties } = objectOf(schema);
    const unknown = Object.keys(value).filter((name) => value[name] !== undefined && properties[name] === undefined);
    if (unknown.length > 0 && typeof additionalProperties !== "object" && Object.keys(properties).length > 0)
      throw new Undescribed(`${at}: ${unknown.join(", ")} is not described`);
    const names = [...new Set([...required, ...Object.keys(value).filter((name) => value[name] !== undefined)])];
    return Object.fromEntries(names.map((name) => [name, fill(properties[name] ?? {}, value[name], `${at}.${name}`)]));
  }
  function fillBranch(branches: readonly Schema[], value: Json | undefined, at: string): Json {
    if (value === undefined && branches.some((branch) => resolve(branch).type === "null")) return null;
    const reasons: string[] = [];
    for (const branch of branches) {
      try {
        const filled = fill(branch, value, at);
        validate(branch, filled, at);
        return filled;
      } catch (error) {
        if (!(error instanceof Undescribed)) throw error;
        reasons.push(error.message);
      }
    }
    throw new Undescribed(`${at} fits none of its forms: ${reasons.join("; ").slice(0, 600)}`);
  }
  /** The least that the schema takes. */
  function least(schema: Schema, at: string): Json {
    const types = new Set([schema.type ?? []].flat());
    if (types.has("null")) return null;
    if (schema.enum !== undefined) return schema.enum[0] ?? null;
    if (types.has("string")) return TEXTS[schema.format ?? ""] ?? "";
    if (types.has("integer") || types.has("number")) return 0;
    if (types.has("boolean")) return false;
    if (types.has("array")) return [];
    return fillObject(schema, {}, at);
  }

  return {
    match(method, path) {
      for (const each of patterns) {
        const found = each.method === method ? each.pattern.exec(path) : null;
        if (found !== null) return { route: each.route, parts: found.slice(1).map(decodeURIComponent) };
      }
      return undefined;
    },
    checkRequest(route, query, body) {
      const { query: allowed, body: schema } = routeOf(route);
      for (const [name, text] of query) {
        // Gitea overlooks these where it gives a list in one piece.
        if (host === "gitea" && (name === "page" || name === "limit")) continue;
        const wanted = allowed[name];
        if (wanted === undefined) throw new Undescribed(`${route}: ?${name} is not described`);
        validate(wanted, [wanted.type].flat().includes("integer") ? Number(text) : text, `${route} ?${name}`);
      }
      if (body === undefined) return;
      if (schema === null) throw new Undescribed(`${route}: takes no body`);
      fill(schema, body, `${route} body`);
      validate(schema, body, `${route} body`);
    },
    answer(route, status, facts) {
      const schema = routeOf(route).answers[status];
      if (schema === undefined && status < 400) throw new Undescribed(`${route}: ${status} is not described`);
      if (schema === undefined || schema === null) return facts;
      const filled = fill(schema, facts, `${route} ${status}`);
      validate(schema, filled, `${route} ${status}`);
      return filled;
    },
  };
}

const TEXTS: Readonly<Record<string, string>> = {
  "date-time": "2026-11-01T12:00:00Z",
  uri: "https://forge.test/somewhere",
  email: "somebody@forge.test",
};
