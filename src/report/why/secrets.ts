/** TU4xxx: secrets. */
import type { Code } from "../../problem.ts";
import type { Why } from "./words.ts";

export const SECRETS: { readonly [code in Extract<Code, `TU4${string}`>]: Why } = {
  TU4001: {
    means: [
      "A key that the schema marks as secret has its value written in the file. Everybody who can read the repo has it,",
      "now and in the history of Git.",
    ],
    causes: "a value pasted while trying something out; a key that was marked x-secret later",
    proceed: "change the secret where it is used, keep the new one with trueup secrets set, and write its name here",
    before: "stripe_key: ••••••••",
    after: 'stripe_key: "{{secret.stripe_key}}"',
  },
  TU4002: {
    means: ["The template uses a secret that no secrets.yaml defines."],
    causes: "a spelling mistake; a secret of another app; a shared secret without shared. before its name",
    proceed: "define it in apps/<app>/secrets.yaml, or use one of the names under known here",
    before: 'password: "{{secret.db_pasword}}"',
    after: 'password: "{{secret.db_password}}"',
  },
  TU4003: {
    means: [
      "The secret's value is only in the store and trueup never reads it, so no longer text can be built with it.",
    ],
    causes: "a connection string with a password in it",
    proceed: "keep the whole text as the secret, or let a holder that trueup can read at apply keep it (from: sops)",
    before: 'url: "postgres://app:{{secret.db_password}}@db.example.com"',
    after: 'url: "{{secret.db_url}}"',
  },
  TU4004: {
    means: ["A secret is defined, and no value uses it. Somebody will keep rotating something that nobody needs."],
    causes: "the value that used it was removed; a spelling mistake where it is used",
    proceed: "remove it from secrets.yaml; its value stays in the store until trueup secrets prune",
    before: "secrets.yaml: { old_key: {} }",
    after: "secrets.yaml: {}",
  },
  TU4006: {
    means: [
      "An encrypted file (SOPS) is not whole, was changed by hand, or holds something that cannot be authenticated.",
      "Nothing of it is written to a store.",
    ],
    causes: "a file copied in part; a merge that mixed two versions of it; a value or a key edited without sops",
    proceed: "restore the file from Git, or make the change again with trueup secrets set (or sops)",
    before: "prod.sops.yaml: stripe_key: ENC[…], and no sops: section",
    after: "trueup secrets set <app> stripe_key --env prod",
  },
  TU4007: {
    means: [
      "secrets.yaml says that the secret is encrypted in Git, but no encrypted file holds it for this place. Looked for",
      "in <env>.<region>.sops.yaml and <env>.sops.yaml beside secrets.yaml.",
    ],
    causes: "a new secret or environment whose value was never set; an encrypted file that was not committed",
    proceed: "set the value for the environment, and commit the file that this writes",
    before: "secrets.yaml: stripe_key: { from: sops }, and no prod.sops.yaml",
    after: "trueup secrets set <app> stripe_key --env prod",
  },
  TU4008: {
    means: [
      "The value looks like the token, key or login of a service (or the user part of a URL holds a password), and it stands",
      "in the file. Everybody who can read the repo has it, now and in the history of Git. Some are made to be public, and",
      "some passwords only open this machine: those are warnings.",
    ],
    causes: "a value pasted while trying something out; a connection string with its password",
    proceed:
      "change it where it is used, keep it with trueup secrets set; if it is public, x-secret: false in the schema",
    before: 'url: "postgres://app:••••••••@db.example.com"',
    after: 'url: "postgres://app:{{secret.db_password}}@db.example.com"',
  },
  TU4011: {
    means: [
      "trueup makes up the value during an apply and writes it to the stores; it is kept nowhere else. To write it to a new",
      "use later it has to be read back, and that takes one place that holds the value alone: the whole value of a key, with",
      "no text around it and through no helper.",
    ],
    causes: "a generated password that is only a part of a connection string",
    proceed: "add a key that is the secret alone, in a target that takes secrets; or use from: sops or from: external",
    before: 'url: "postgres://app:{{secret.db_password}}@db.example.com"',
    after: 'url: "postgres://app:{{secret.db_password}}@db.example.com"; password: "{{secret.db_password}}"',
  },
  TU4012: {
    means: [
      "The value that secrets.yaml describes could be guessed (fewer than 64 bits), cannot be made, or can never be what the",
      "schema asks for.",
    ],
    causes: "a length that is too short for the alphabet; a misspelt name of an alphabet; maxLength in the schema",
    proceed:
      "a longer length, or a larger alphabet: alphanumeric, hex, base64url, printable, or the characters themselves",
    before: "pin: { from: generate, length: 8, alphabet: hex }",
    after: "pin: { from: generate, length: 16, alphabet: hex }",
  },
  TU4013: {
    means: [
      "The secret is to be read from another key of the store, and that key is not one to read from: trueup.yaml does not",
      "allow it, it belongs to trueup itself, or no store could have a key of that name.",
    ],
    causes: "secrets.sources is missing in trueup.yaml; a path that points at a key of this repo; a misspelt path",
    proceed: "name the prefix under secrets.sources in trueup.yaml; for a value of this repo use a secret of shared/",
    before: "db: { from: ref, path: /platform/prod/db }",
    after: "trueup.yaml: secrets: { sources: [/platform/] }",
  },
  TU4021: {
    means: [
      "rotate.previous of a secret names the secret that keeps the value of before. It has to be another one, with the same",
      "holder (external or sops), that serves no other rotation.",
    ],
    causes: "a spelling mistake; a holder that was changed for one of the two only; one previous for two secrets",
    proceed:
      "define the previous secret beside the one that is rotated, or leave rotate away: then there is no grace time",
    before: "token: { rotate: { previous: tokn_previous } }",
    after: "token: { rotate: { previous: token_previous } }\ntoken_previous: {}",
  },
};
