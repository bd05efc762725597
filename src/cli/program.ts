/** Every command with its flags. What a command does is in `commands/`, one file each. */
import { Command } from "commander";
import { VERSION } from "../version.ts";
import { validateCommand } from "./commands/validate.ts";
import type { Io } from "./io.ts";
import { type CommonOptions, withFormats, withScope } from "./options.ts";

/** Loaded when one of them runs: reading their code takes longer than a small `validate`. */
const others = () => import("./commands/others.ts");

interface Registry {
  readonly sub: (name: string, description: string) => Command;
  /** Takes the exit code of the command that ran. */
  readonly finish: (code: number) => void;
  readonly io: Io;
}

/**
 * The command line, ready to parse. `finish` is called with the exit code of the command that ran. Without `whole` it knows
 * the commands that look at files and stores and no others: all that an action stands for, made in half the time.
 */
export function buildProgram(finish: (code: number) => void, io: Io, whole = true): Command {
  const program = new Command("trueup")
    .description("Application configuration in Git: validated, planned on the pull request, applied on merge.")
    .version(VERSION, "--version", "print the version")
    .option("-C, --dir <folder>", "run as if started in this folder")
    .option("--profile <name>", "connections of this profile instead of the usual ones")
    .option("-v, --verbose", "list everything, fold nothing")
    .option("-q, --quiet", "no progress")
    .option("--no-color", "no colours (also NO_COLOR)")
    .configureOutput({ writeOut: io.out, writeErr: io.err })
    .exitOverride()
    .showSuggestionAfterError()
    .showHelpAfterError("(trueup --help lists everything)");
  const sub = (name: string, description: string): Command => program.command(name).description(description);
  const registry: Registry = { sub, finish, io };
  addChecks(registry);
  addChanges(registry);
  if (!whole) return program;
  addSecrets(registry);
  addEdits(registry);
  addPrograms(registry);
  return program;
}

/** Looking at the files: no store is asked. */
function addChecks({ sub, finish, io }: Registry): void {
  withFormats(withScope(sub("validate [address...]", "check everything that can be known without a store")), [
    "human",
    "json",
    "github",
    "sarif",
  ])
    .option("--strict", "warnings fail too")
    .option("--changed-since <ref>", "only apps with changes since this commit; all where that cannot be told")
    .action(async (addresses: string[], _: object, command: Command) => {
      finish(await validateCommand(addresses, all(command), io));
    });
  withScope(sub("render [address...]", "show what apps get, and where each value comes from"))
    .option("--format <format>", "what to print: human, yaml, json; into a folder also dotenv, k8s", "human")
    .option("--secrets <how>", "redact: show their names only; omit: show nothing", "redact")
    .option("--no-source", "plain YAML, without origins")
    .option("--physical", "the keys as they would be in the stores")
    .option(
      "--out <dir=folder>",
      "write a file for every unit: <place>/<app>.yaml; or json=FILE, all of them in one",
      (value: string, before: string[] | undefined) => [...(before ?? []), value],
    )
    .action(async (addresses: string[], _: object, command: Command) => {
      finish(await (await others()).renderCommand(addresses, all(command), io));
    });
  withScope(sub("explain <address>", "why a value is what it is; also backwards from a key in a store"))
    .option("--from <what>", "git, or live: also what the stores hold", "git")
    .option("--format <format>", "what to print: human, json", "human")
    .action(async (address: string, _: object, command: Command) => {
      finish(await (await others()).explainCommand(address, all(command), io));
    });
  withScope(sub("compare [name...]", "put places side by side: apps, or two environments"))
    .option("--format <format>", "what to print: human, json", "human")
    .option("--all", "every key, not only those that differ")
    .option("--real", "leave out what differs only by template")
    .option("--stat", "only count")
    .option("--exit-code", "exit 2 if something differs")
    .action(async (names: string[], _: object, command: Command) => {
      finish(await (await others()).compareCommand(names, all(command), io));
    });
  withScope(sub("tree [address]", "show keys as a tree"))
    .option("--from <what>", "git or live", "git")
    .option("--format <format>", "what to print: human, json", "human")
    .option("--physical", "the keys as they are in the stores, by path")
    .action(async (address: string | undefined, _: object, command: Command) => {
      finish(await (await others()).treeCommand(address, all(command), io));
    });
  withScope(sub("get <address>", "print one value, for a script"))
    .option("--from <what>", "git or live", "git")
    .option("--default <text>", "print this if there is no such key")
    .option("--format <format>", "what to print: text, json", "text")
    .option("--reveal", "print it even if it is a secret")
    .action(async (address: string, _: object, command: Command) => {
      finish(await (await others()).getCommand(address, all(command), io));
    });
  sub("why [code]", "what a code like TU3002 means").action(async (code: string | undefined) => {
    finish((await others()).whyCommand(code, io));
  });
}

/** From a plan to the stores. */
function addChanges({ sub, finish, io }: Registry): void {
  withFormats(
    withScope(sub("diff [address...]", "show what an apply would write, and what else differs").alias("plan")),
    ["human", "markdown", "json", "html"],
  )
    .option("--against <what>", "live, a Git ref, or auto", "auto")
    .option("--base <ref>", "what auto compares with where no store can be reached (default: the default branch)")
    .option("--detailed-exitcode", "exit 2 if there are changes")
    .option("--allow <guards>", "plan as if these guards were lifted", commas)
    .action(async (addresses: string[], _: object, command: Command) => {
      finish(await (await others()).diffCommand(addresses, all(command), io));
    });
  withFormats(withScope(sub("apply [address...]", "write what Git says into the stores")), [
    "human",
    "json",
    "markdown",
  ])
    .option("-y, --yes", "do not ask; guards still count")
    .option("--expect <plan>", "stop unless the plan is this one (id or digest)", commas)
    .option(
      "--on-mismatch <what>",
      "stop or continue if the plan is another one; auto: stop where it is protected",
      "stop",
    )
    .option(
      "--allow <guards>",
      "lift guards: delete, empty, wide, freeze, conflict, adopt, replace, dirty, drift",
      commas,
    )
    .option("--dry-run", "stop after the plan")
    .option("--no-readback", "do not read back what was written")
    .option("--continue", "go on with the next place after one failed")
    .option("--accept-rewrite", "apply although the live commit is not in this history")
    .action(async (addresses: string[], _: object, command: Command) => {
      finish(await (await others()).applyCommand(addresses, all(command), io));
    });
  withFormats(
    withScope(sub("drift [address...]", "show what is live and not what was applied; exit 2 if anything is")),
    ["human", "json", "html"],
  )
    .option("--unmanaged", "list every key that nobody manages")
    .action(async (addresses: string[], _: object, command: Command) => {
      finish(await (await others()).driftCommand(addresses, all(command), io));
    });
  withScope(sub("rollback", "prepare the revert of a commit and plan it"))
    .option("--commit <commit>", "take back this commit (default: the last one)")
    .option("--to <commit>", "make the configuration what it was at this commit")
    .option("--reason <text>", "goes into the message")
    .option("--branch <name>", "put the revert on a new branch")
    .option("--against <what>", "live, a Git ref, or auto", "auto")
    .option("--allow <guards>", "plan as if these guards were lifted", commas)
    .option("-y, --yes", "make the commit without asking")
    .action(async (_: object, command: Command) => {
      finish(await (await others()).rollbackCommand(all(command), io));
    });
  withFormats(
    withScope(
      sub("doctor", "check the program, the repo and every target, with a fix for each; exit 2 if one is to be mended"),
    ),
    ["human", "json"],
  ).action(async (_: object, command: Command) => {
    finish(await (await others()).doctorCommand(all(command), io));
  });
}

/** Secrets and rights. */
function addSecrets({ sub, finish, io }: Registry): void {
  const secrets = sub("secrets", "names and states of secrets; a value only comes in by a prompt or a pipe");
  withScope(secrets.command("list [app]").description("who holds them, where they have a value, what uses them"))
    .option("--format <format>", "what to print: human, json", "human")
    .action(async (app: string | undefined, _: object, command: Command) => {
      finish(await (await others()).secretsListCommand(app, all(command), io));
    });
  withScope(
    secrets
      .command("where <name>")
      .description("every value and physical key that uses one: orders.db_password, shared.smtp"),
  ).action(async (name: string, _: object, command: Command) => {
    finish(await (await others()).secretsWhereCommand(name, all(command), io));
  });
  withScope(
    secrets
      .command("set <app> <name>")
      .description("fill one in (app: shared for a shared one); the value is typed hidden or piped in"),
  ).action(async (app: string, name: string, _: object, command: Command) => {
    finish(await (await others()).secretsSetCommand(app, name, all(command), io));
  });
  withScope(
    secrets
      .command("edit <app>")
      .description(
        "all values of an encrypted file in $EDITOR (app: shared for the shared ones); checked when it closes",
      ),
  ).action(async (app: string, _: object, command: Command) => {
    finish(await (await others()).secretsEditCommand(app, all(command), io));
  });
  withScope(
    secrets
      .command("rotate <app> [name]")
      .description(
        "give it a new value everywhere in an environment; the one of before stays valid where secrets.yaml says so",
      ),
  )
    .option("--generate", "make up the new value instead of asking for it")
    .option("--length <number>", "characters of a generated value (default: 32)")
    .option(
      "--alphabet <name>",
      "of a generated value: alphanumeric, hex, base64url, printable (default: alphanumeric)",
    )
    .option("--finish", "after the grace time: let only the new value be valid")
    .option("--now", "finish although the grace time is not over")
    .action(async (app: string, name: string | undefined, _: object, command: Command) => {
      finish(await (await others()).secretsRotateCommand(app, name, all(command), io));
    });
  withScope(sub("permissions [address...]", "print the least-privilege IAM roles for aws-ssm targets"))
    .option("--format <format>", "what to print: json, terraform, aws", "json")
    .option("--role <kinds>", "only these: plan, apply, reader", commas)
    .option("--repository <owner/name>", "repository on GitHub (default: this job's, or the remote origin)")
    .option("--owner-id <number>", "id of its owner, for subjects that survive a rename")
    .option("--repository-id <number>", "id of the repository")
    .option("--subject <form>", "legacy or immutable (default: immutable if both ids are known)")
    .option("--issuer <url>", "issuer of the tokens, for GitHub Enterprise Server")
    .option("--branch <name>", "branch that is applied", "main")
    .option(
      "--plan-workflow <file@ref>",
      "reusable workflow that plans, as called from main (default: none is asked for)",
    )
    .option("--apply-workflow <file@ref>", "workflow that may apply, or none")
    .action(async (addresses: string[], _: object, command: Command) => {
      finish(await (await others()).permissionsCommand(addresses, all(command), io));
    });
}

/** Changing the files of the repo. */
function addEdits({ sub, finish, io }: Registry): void {
  sub("init", "make a config repo here")
    .option("-y, --yes", "take the defaults")
    .option("--env <names>", "environments, in promotion order", commas)
    .option("--target <type>", "where values go: directory, etcd, aws-ssm, both")
    .option("--system <name>", "name of the system (default: the folder's)")
    .option("--no-workflows", "no GitHub workflows")
    .action(async (own: { target?: string }, command: Command) => {
      finish(await (await others()).runInit({ ...all(command), target: own.target }, io));
    });
  sub("new <app>", "add an app")
    .option("--like <app>", "copy values and schema from this app")
    .action(async (app: string, _: object, command: Command) => {
      finish((await others()).runNew(app, all(command), io));
    });
  sub("fmt", "quote templates, remove overrides that change nothing")
    .option("--check", "write nothing; exit 2 if something would change")
    .action(async (_: object, command: Command) => {
      finish(await (await others()).fmtCommand(all(command), io));
    });
  sub("schema", "work on JSON Schemas")
    .command("infer <app>")
    .description("write a first schema from an app's values")
    .option("--print", "print it instead")
    .option("--force", "replace a schema that is there")
    .action(async (app: string, _: object, command: Command) => {
      finish(await (await others()).inferCommand(app, all(command), io));
    });
}

/** Values for programs. */
function addPrograms({ sub, finish, io }: Registry): void {
  withScope(sub("export <address>", "an app's values as environment variables, in a file or on standard output"))
    .option("--from <what>", "git or live: where plain values come from", "git")
    .option("--format <format>", "dotenv, json, yaml, shell, docker, github", "dotenv")
    .option("--out <file>", "write this file; lines of your own in a .env file are kept", (file: string) => [file])
    .option("--allow-missing", "leave out what has no value yet")
    .option("--reveal", "secrets may go to standard output")
    .action(async (address: string, _: object, command: Command) => {
      finish(await (await others()).exportCommand(address, all(command), io));
    });
  withScope(sub("exec <address> [command...]", "start a program with an app's values in its environment"))
    .usage("[options] <address> -- <command...>")
    .option("--from <what>", "git or live: where plain values come from", "git")
    .option("--allow-missing", "leave out what has no value yet")
    .action(async (address: string, words: string[], _: object, command: Command) => {
      finish(await (await others()).execCommand(address, words, all(command), io));
    });
}

/** Options may stand before or after the command's name. */
function all(command: Command): CommonOptions {
  return command.optsWithGlobals();
}

function commas(value: string, before: readonly string[] | undefined): readonly string[] {
  return [...(before ?? []), ...value.split(",").map((item) => item.trim())];
}
