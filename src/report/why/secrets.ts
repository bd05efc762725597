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
  TU4005: {
    means: ["secrets.yaml asks for a holder that this version of trueup cannot serve."],
    causes: "a repo made for a newer version; a holder that is planned but not there yet",
    proceed: "use from: external or from: sops, or a version of trueup that knows the holder",
    before: "stripe_key: { from: ref }",
    after: "stripe_key: { from: sops }",
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
