/** TU10xx: files and YAML. */
import type { Code } from "../../problem.ts";
import type { Why } from "./words.ts";

type FileCode = Exclude<Extract<Code, `TU10${string}`>, "TU1018">;

export const FILES: { readonly [code in FileCode]: Why } = {
  TU1001: {
    means: ["The file is not valid YAML, so nothing in it can be read."],
    causes: "a missing space after a colon; a quote that is not closed; indentation that does not line up",
    proceed: "mend the marked place; the line above it is often where the mistake starts",
    before: "port:8080",
    after: "port: 8080",
  },
  TU1002: {
    means: ["One map has the same key twice. Parsers disagree about which one counts, so none is chosen for you."],
    causes: "a merge conflict resolved by keeping both sides; a block pasted in twice",
    proceed: "keep one of the two",
    before: "{ max: 10, min: 2, max: 20 }",
    after: "{ max: 20, min: 2 }",
  },
  TU1003: {
    means: ["YAML reads an unquoted {{ as the start of a map, so the template never gets to be text."],
    causes: "a template that begins a value and stands there without quotes",
    proceed: "put the whole value in double quotes; trueup fmt does it",
    before: "host: {{region}}.db.example.com",
    after: 'host: "{{region}}.db.example.com"',
  },
  TU1004: {
    means: ["Parsers of YAML 1.1 and 1.2 read this spelling as different things, and nobody can see which was meant."],
    causes: "yes, no, on, off; numbers that start with 0; times such as 12:30:45; versions such as 1.10",
    proceed: "write true or false, or the plain number; put it in quotes if text is meant",
    before: "enabled: yes",
    after: "enabled: true",
  },
  TU1005: {
    means: ["The number has more digits than a computer keeps for it, so the application would get another one."],
    causes: "an account or card number, which is a name and not a number; a size in a very small unit",
    proceed: "put it in quotes if nobody calculates with it; otherwise use a larger unit",
    before: "account: 9007199254740993",
    after: 'account: "9007199254740993"',
  },
  TU1006: {
    means: ["The file uses a part of YAML that parsers disagree about, or that hides what a value is."],
    causes: "merge keys (<<); tags such as !!binary; several documents in one file; maps as keys",
    proceed: "write the values out; merge keys can be switched on with yaml: { merge: true } in trueup.yaml",
    before: "pool: { <<: *defaults, max: 20 }",
    after: "pool: { min: 2, max: 20 }",
  },
  TU1007: {
    means: ["The file name is its place in the order of layers, and this name is no place. The file would be ignored."],
    causes:
      "a misspelt environment; an environment or region that trueup.yaml does not list; a file in the wrong folder",
    proceed: "rename the file, or add the environment to trueup.yaml",
    before: "apps/orders/prd.yaml",
    after: "apps/orders/prod.yaml",
  },
  TU1008: {
    means: ["The file is not plain UTF-8 text, so its characters could be read in more than one way."],
    causes: "an editor that saves UTF-16 or Latin-1; a binary file in the wrong folder",
    proceed: "save it as UTF-8 without a byte order mark, or move it out of the configuration",
    before: "base.yaml, saved as UTF-16",
    after: "base.yaml, saved as UTF-8 (iconv -f UTF-16 -t UTF-8)",
  },
  TU1009: {
    means: ["A key with this name would be lost or misunderstood on its way to the application."],
    causes: "an empty key; a name that JavaScript reserves, such as __proto__; $remove below the top of a file",
    proceed: "choose another name; $remove stands at the top of the file, with full paths",
    before: "database: { $remove: [host] }",
    after: "$remove: [database.host]",
  },
  TU1010: {
    means: ["The text holds a character that cannot be seen, or that makes it look like something else in a review."],
    causes: "text copied from a web page or a chat; a zero-width space; marks that turn the direction of writing",
    proceed: "delete the character; if it is meant, write it as an escape in double quotes, so that reviewers see it",
    before: "a host name with a zero-width space after prod",
    after: 'host: "prod\\u200B.example.com", or without the escape',
  },
  TU1011: {
    means: ["Something is larger, deeper or more numerous than trueup reads. The limits keep every run quick."],
    causes: "data kept among configuration; references (*name) that multiply each other; a generated file",
    proceed: "split the file, write references out, or keep the data where data lives",
    before: "countries: [ …60,000 entries… ]",
    after: 'countries_url: "https://data.example.com/countries.json"',
  },
  TU1012: {
    means: [
      "Only ordinary files are read: anything else may point out of the repo, or differ from one machine to the next.",
    ],
    causes: "a symbolic link; a submodule; a named pipe",
    proceed: "replace it by a copy; values that several apps share belong into shared/",
    before: "apps/cart/base.yaml -> ../orders/base.yaml",
    after: "shared/base.yaml, used as {{shared.kafka.brokers}}",
  },
  TU1013: {
    means: ["File and folder names become parts of keys and of commands, so only plain characters are allowed."],
    causes: "spaces; upper case; two names that differ only in case or in how letters are composed",
    proceed: "rename it with lower-case letters, digits, dashes and dots",
    before: "apps/Orders Service/base.yaml",
    after: "apps/orders-service/base.yaml",
  },
  TU1014: {
    means: [
      "The last folder is the name of an app, and two folders have the same one: both would write the same keys.",
    ],
    causes: "an app moved into a group while the old folder stayed; two teams with an app of the same name",
    proceed: "remove or rename one of the two folders",
    before: "apps/orders/ and apps/checkout/orders/",
    after: "apps/checkout/orders/",
  },
  TU1015: {
    means: ["A configuration file is a map of keys and values; this one starts with something else."],
    causes: "a file that holds a list or one value; a dash too many; a file with comments only",
    proceed: "give what is there a name",
    before: "- a.example.com",
    after: "hosts: [a.example.com]",
  },
  TU1016: {
    means: ["A setting in trueup.yaml, app.yaml or secrets.yaml is not what the tool expects."],
    causes: "a misspelt name; a list where a map belongs; a share without its percent sign",
    proceed: "compare with the line named rule; editors show the allowed settings through the schema",
    before: "guards: { max_delet: 30% }",
    after: "guards: { max_delete: 30% }",
  },
  TU1017: {
    means: ["A setting names an environment, region, place, app or target that does not exist."],
    causes: "a spelling mistake; something renamed in trueup.yaml but not where it is used",
    proceed: "use one of the names under known here, or add it to trueup.yaml",
    before: "places: [production]",
    after: "places: [prod]",
  },
};
