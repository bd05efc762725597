/** `trueup permissions`: the IAM roles that a repo with aws-ssm targets needs, and no more than it needs. */
import { EXIT, type ExitCode, Failure } from "../../failure.ts";
import { areasOf } from "../../permissions/area.ts";
import { ROLE_FORMATS } from "../../permissions/print.ts";
import { type RoleKind, rolesFor } from "../../permissions/roles.ts";
import { GITHUB_ISSUER, type Repository, type SubjectForm, type Trust } from "../../permissions/trust.ts";
import { want } from "../../pipeline.ts";
import { printInvalid } from "../invalid.ts";
import type { Io } from "../io.ts";
import { type CommonOptions, scopeOf } from "../options.ts";
import { open } from "../project.ts";

export interface PermissionsOptions extends CommonOptions {
  /** Only these kinds of role. */
  readonly role?: readonly string[];
  readonly repository?: string;
  readonly ownerId?: string;
  readonly repositoryId?: string;
  readonly subject?: string;
  readonly issuer?: string;
  readonly branch?: string;
  /** `none` leaves the workflow open. */
  readonly planWorkflow?: string;
  readonly applyWorkflow?: string;
}

export async function permissionsCommand(
  addresses: readonly string[],
  options: PermissionsOptions,
  io: Io,
): Promise<ExitCode> {
  const format = options.format ?? "json";
  const print = Object.hasOwn(ROLE_FORMATS, format) ? ROLE_FORMATS[format] : undefined;
  if (print === undefined)
    throw new Failure("USAGE", `there is no format ${format} here`, {
      fix: `one of: ${Object.keys(ROLE_FORMATS).join(", ")}`,
    });
  const kinds = kindsOf(options.role ?? []);
  const project = await open(options, io, false);
  const desired = want(project, scopeOf(options, addresses));
  if ("problems" in desired) return printInvalid(desired.problems, project, options, io);
  const { bench, wanted } = desired;
  const areas = areasOf(wanted.destinations, [...wanted.units.values()]);
  if (areas.length === 0)
    throw new Failure("USAGE", "no target of type aws-ssm is in use here, so no role in AWS is needed");
  const trust = trustOf(options, await repositoryOf(options, project.folder, io));
  const roles = rolesFor(areas, trust, bench.repo.config.system).filter((role) => kinds.includes(role.kind));
  io.out(print(roles));
  for (const role of roles) for (const note of role.notes) io.err(`trueup: ${role.name}: ${note}\n`);
  if (trust.form === "legacy" && roles.some((role) => role.trust !== undefined))
    io.err(
      "trueup: subjects by name only; repositories made after 2026-07-15 carry ids: pass --owner-id and --repository-id\n",
    );
  return EXIT.ok;
}

const KINDS: readonly RoleKind[] = ["plan", "apply", "reader"];

function kindsOf(asked: readonly string[]): readonly RoleKind[] {
  const unknown = asked.find((word) => !KINDS.some((kind) => kind === word));
  if (unknown !== undefined)
    throw new Failure("USAGE", `--role ${unknown} is not known`, { fix: `one of: ${KINDS.join(", ")}` });
  return asked.length === 0 ? KINDS : KINDS.filter((kind) => asked.includes(kind));
}

function unlessNone(workflow: string | undefined): string | undefined {
  return workflow === "none" ? undefined : workflow;
}

function trustOf(options: PermissionsOptions, repository: Repository): Trust {
  const subject =
    options.subject ?? (repository.id !== undefined && repository.ownerId !== undefined ? "immutable" : "legacy");
  if (subject !== "legacy" && subject !== "immutable")
    throw new Failure("USAGE", `--subject ${subject} is not legacy or immutable`);
  const form: SubjectForm = subject;
  const branch = options.branch ?? "main";
  return {
    repository,
    form,
    issuer: options.issuer ?? GITHUB_ISSUER,
    branch,
    workflows: {
      // The workflow of a pull request is the one that the pull request brings (`…@refs/pull/7/merge`): asking for
      // it would shut out every plan and prove nothing. A reusable workflow on main can be asked for.
      plan: unlessNone(options.planWorkflow),
      apply: unlessNone(options.applyWorkflow ?? `.github/workflows/apply.yml@refs/heads/${branch}`),
    },
  };
}

/** What the flags say; else what GitHub Actions says; else the address of `origin`. */
async function repositoryOf(options: PermissionsOptions, folder: string, io: Io): Promise<Repository> {
  const given = options.repository ?? io.env.GITHUB_REPOSITORY;
  const text = given ?? (await originOf(folder)) ?? "";
  const [owner = "", name = "", ...more] = text.split("/");
  if (owner === "" || name === "" || more.length > 0)
    throw new Failure("USAGE", text === "" ? "the repository on GitHub is not known" : `${text} is not OWNER/NAME`, {
      fix: "pass --repository OWNER/NAME",
    });
  // Ids of the running job belong to its own repository only.
  const here = text === io.env.GITHUB_REPOSITORY;
  return {
    owner,
    name,
    ownerId: options.ownerId ?? (here ? io.env.GITHUB_REPOSITORY_OWNER_ID : undefined),
    id: options.repositoryId ?? (here ? io.env.GITHUB_REPOSITORY_ID : undefined),
  };
}

/** `acme/shop` of `git@github.com:acme/shop.git` and `https://github.com/acme/shop`. */
async function originOf(folder: string): Promise<string | undefined> {
  const { runGit } = await import("../../git/process.ts");
  const { code, stdout } = await runGit(folder, ["remote", "get-url", "origin"]);
  if (code !== 0) return undefined;
  return /[/:]([\w.-]+\/[\w.-]+?)(?:\.git)?\/?$/u.exec(stdout.toString("utf8").trim())?.[1];
}
