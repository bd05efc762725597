/** ajv, set up for schemas that nobody here wrote. The only file that imports it. */
import {
  _,
  Ajv,
  type AnySchemaObject,
  type Code,
  type CodeKeywordDefinition,
  type ErrorObject,
  type KeywordCxt,
  Name,
} from "ajv";
import { Ajv2020 } from "ajv/dist/2020.js";
import { fullFormats } from "ajv-formats/dist/formats.js";
import type { Plain } from "../model.ts";
import { METER } from "./copy.ts";
import { FORMATS } from "./formats.ts";
import type { Dialect } from "./keywords.ts";
import { patternMatcher } from "./matcher.ts";
import type { Meter } from "./meter.ts";
import { firstRepeat, oneOf } from "./equality.ts";

export type { ErrorObject } from "ajv";

/** Compiled schema: undefined if the value fits, else what ajv found (with `verbose`, so `parentSchema` is there). */
export type Check = (value: unknown) => readonly ErrorObject[] | undefined;

export interface Engine {
  /** Throws what ajv throws. */
  compile(schema: object | boolean, dialect: Dialect): Check;
}

/** Instances are made when first needed; `meter` counts the work of all of them. */
export function makeEngine(meter: Meter): Engine {
  const instances = new Map<Dialect, Ajv>();
  const instance = (dialect: Dialect): Ajv => {
    const ajv = instances.get(dialect) ?? makeAjv(dialect, meter);
    instances.set(dialect, ajv);
    return ajv;
  };
  return {
    compile: (schema, dialect) => {
      const check = instance(dialect).compile(schema as AnySchemaObject);
      return (value) => (check(value) ? undefined : (check.errors ?? []));
    },
  };
}

function makeAjv(dialect: Dialect, meter: Meter): Ajv {
  const formats = fullFormats as Record<string, typeof fullFormats.date>;
  const ajv = new (dialect === "2020-12" ? Ajv2020 : Ajv)({
    strict: true,
    // Reasonable schemas of users fall foul of these four.
    strictRequired: false,
    strictTuples: false,
    strictTypes: false,
    allowUnionTypes: true,
    // It would run users' patterns in V8's engine.
    allowMatchingProperties: true,
    // Else `required: [toString]` holds for every map.
    ownProperties: true,
    allErrors: true,
    verbose: true,
    messages: false,
    discriminator: true,
    // `check.ts` has looked at every keyword, with better words and places.
    meta: false,
    validateSchema: false,
    // Small definitions only: large ones, copied to every place that refers to them, would explode.
    inlineRefs: 10,
    // Compiling is the larger part for small values: 40 % less time, and as fast at running.
    code: { optimize: false, regExp: linearRegExp(meter) },
    formats: Object.fromEntries(FORMATS.map((name) => [name, formats[name] as typeof fullFormats.date])),
    logger: false,
  });
  ajv.addKeyword(meterKeyword(meter));
  change(ajv, "uniqueItems", (original) => ({ ...original, code: uniqueItems }));
  change(ajv, "enum", (original) => ({ ...original, code: (cxt) => equality(cxt, cxt.schema as readonly Plain[]) }));
  change(ajv, "const", (original) => ({ ...original, code: (cxt) => equality(cxt, [cxt.schema as Plain]) }));
  change(ajv, "anyOf", withBranches);
  change(ajv, "oneOf", withBranches);
  change(ajv, "if", withNested);
  change(ajv, "contains", withNested);
  change(ajv, "propertyNames", withNested);
  return ajv;
}

/** Replaces what a keyword does but not its turn among the others. */
function change(ajv: Ajv, keyword: string, by: (original: CodeKeywordDefinition) => CodeKeywordDefinition): void {
  const rule = ajv.RULES.all[keyword];
  if (typeof rule !== "object") throw new Error(`ajv has no keyword ${keyword}`);
  rule.definition = by(rule.definition as CodeKeywordDefinition) as typeof rule.definition;
}

function linearRegExp(meter: Meter): ((source: string) => RegExp) & { code: string } {
  const made = new Map<string, RegExp>();
  const make = (source: string): RegExp => {
    const known = made.get(source);
    if (known !== undefined) return known;
    const matching = patternMatcher(source, (work) => meter.spend(work));
    if (!("matcher" in matching)) throw new Error(`unchecked pattern ${JSON.stringify(source)}`);
    // ajv calls `test`, and `toString` to tell patterns apart.
    const pattern = { test: matching.matcher.test, toString: () => JSON.stringify(source) } as RegExp;
    made.set(source, pattern);
    return pattern;
  };
  return Object.assign(make, { code: "linearRegExp" });
}

/** Number of mistakes so far, in the code that ajv writes. */
const ERRORS = new Name("errors");

function meterKeyword(meter: Meter): CodeKeywordDefinition {
  return {
    keyword: METER,
    schemaType: "number",
    before: "$ref",
    code({ gen, schema }: KeywordCxt) {
      const counter = gen.scopeValue("obj", { ref: meter, code: _`meter` });
      gen.code(_`${counter}.count(${schema as number}, ${ERRORS});`);
    },
  };
}

function uniqueItems(cxt: KeywordCxt): void {
  if (cxt.schema !== true) return;
  const { gen, data } = cxt;
  const find = gen.scopeValue("func", {
    ref: (items: readonly Plain[]) => firstRepeat(items),
    code: _`firstRepeat`,
  });
  const repeat = gen.const("repeat", _`${find}(${data})`);
  cxt.setParams({ i: _`${repeat}[0]`, j: _`${repeat}[1]` });
  cxt.fail(_`${repeat} !== undefined`);
}

function equality(cxt: KeywordCxt, allowed: readonly Plain[]): void {
  const fits = cxt.gen.scopeValue("func", { ref: oneOf(allowed), code: _`oneOf` });
  cxt.fail(_`!${fits}(${cxt.data})`);
}

/** Where the mistakes of the branches begin and end is lost in ajv's flat list: they are counted as they come. */
const counters = new WeakMap<object, { readonly start: Name; readonly ends: Name }>();

/** What ajv calls for the parameters of a mistake. */
type ParamsOf = Extract<NonNullable<CodeKeywordDefinition["error"]>["params"], (...args: never[]) => Code>;

/** The keyword, with `params` told of its mistakes and `prepare` done before its own code. */
function instrumented(
  original: CodeKeywordDefinition,
  params: ParamsOf,
  prepare: (cxt: KeywordCxt) => void,
): CodeKeywordDefinition {
  return {
    ...original,
    error: { message: "", params },
    code(cxt, ...more) {
      prepare(cxt);
      original.code(cxt, ...more);
    },
  };
}

function endsOf(cxt: Parameters<ParamsOf>[0]): Code {
  const counter = counters.get(cxt);
  const passing = (cxt.params as { passing?: Name }).passing;
  const ends = counter === undefined ? _`[]` : _`${counter.ends}`;
  return passing === undefined ? _`{ends: ${ends}}` : _`{ends: ${ends}, passing: ${passing}}`;
}

/**
 * Adds `ends` to the parameters of a failed `anyOf` or `oneOf`: how many mistakes the first branch gave, the first
 * two, and so on. They stand directly before the mistake of the keyword itself.
 */
function withBranches(original: CodeKeywordDefinition): CodeKeywordDefinition {
  return instrumented(original, endsOf, (cxt) => {
    const counter = { start: cxt.gen.const("start", ERRORS), ends: cxt.gen.const("ends", _`[]`) };
    counters.set(cxt, counter);
    const subschema = cxt.subschema.bind(cxt);
    cxt.subschema = (applies, valid) => {
      const inner = subschema(applies, valid);
      cxt.gen.code(_`${counter.ends}.push(${ERRORS} - ${counter.start});`);
      return inner;
    };
  });
}

/** Adds `nested` to the parameters: how many mistakes directly before belong to this one. */
function withNested(original: CodeKeywordDefinition): CodeKeywordDefinition {
  const usual = original.error?.params;
  const params: ParamsOf = (cxt) => {
    const counter = counters.get(cxt);
    const nested = counter === undefined ? _`0` : _`${ERRORS} - ${counter.start}`;
    const own = typeof usual === "function" ? usual(cxt) : (usual ?? _`{}`);
    return _`{...${own}, nested: ${nested}}`;
  };
  return instrumented(original, params, (cxt) => {
    const start = cxt.gen.let("start", ERRORS);
    counters.set(cxt, { start, ends: start });
    if (cxt.keyword !== "propertyNames") return;
    const subschema = cxt.subschema.bind(cxt);
    cxt.subschema = (applies, valid) => {
      cxt.gen.assign(start, ERRORS);
      return subschema(applies, valid);
    };
  });
}
