/** The command line that an action stands for. */
import { quoteWord } from "./shell.ts";
import type {
  ApplyInputs,
  CommonInputs,
  DiffInputs,
  DriftInputs,
  Inputs,
  RenderInputs,
  ValidateInputs,
} from "./inputs.ts";

/** What the inputs do not say. */
export interface Circumstances {
  /** Commit to compare with, if the event has one. */
  readonly base: string | undefined;
  /** From another repository: stores cannot be asked. */
  readonly fork: boolean;
  /** Guards that labels lift in a plan. */
  readonly allow: readonly string[];
}

/** Arguments of `trueup`. Values stand in the same word as their flag, so that none can be taken for a flag. */
export function argumentsOf(inputs: Inputs, around: Circumstances): readonly string[] {
  return [...folderOf(inputs), inputs.action, ...scopeOf(inputs), ...own(inputs, around)];
}

function own(inputs: Inputs, around: Circumstances): readonly string[] {
  switch (inputs.action) {
    case "validate":
      return validateFlags(inputs, around);
    case "render":
      return renderFlags(inputs);
    case "diff":
      return diffFlags(inputs, around);
    case "apply":
      return applyFlags(inputs);
    default:
      return driftFlags(inputs);
  }
}

/** Puts back what drifted. Guards count. */
export function restoreArguments(inputs: DriftInputs): readonly string[] {
  return [...folderOf(inputs), "apply", ...scopeOf(inputs), "--yes", "--allow=drift", "--", ...inputs.restore];
}

/** As somebody would type it. */
export function shownCommand(args: readonly string[]): string {
  return ["trueup", ...args].map(quoteWord).join(" ");
}

function folderOf({ workingDirectory }: CommonInputs): readonly string[] {
  return workingDirectory === "." ? [] : [`--dir=${workingDirectory}`];
}

function scopeOf({ app, env, region, target }: CommonInputs): readonly string[] {
  return Object.entries({ app, env, region, target }).flatMap(([name, globs]) =>
    globs.length === 0 ? [] : [`--${name}=${globs.join(",")}`],
  );
}

function validateFlags(inputs: ValidateInputs, { base }: Circumstances): readonly string[] {
  return [
    ...(inputs.strict ? ["--strict"] : []),
    ...(inputs.changedOnly && base !== undefined ? [`--changed-since=${base}`] : []),
    ...(inputs.sarif === undefined ? [] : [`--out=sarif=${inputs.sarif}`]),
  ];
}

function renderFlags(inputs: RenderInputs): readonly string[] {
  return [
    `--format=${inputs.format}`,
    `--secrets=${inputs.secrets}`,
    ...(inputs.physical ? ["--physical"] : []),
    `--out=dir=${inputs.out}`,
  ];
}

function diffFlags(inputs: DiffInputs, { base, fork, allow }: Circumstances): readonly string[] {
  const against = inputs.against === "auto" && fork && base !== undefined ? base : inputs.against;
  return [
    `--against=${against}`,
    ...(against === "auto" && base !== undefined ? [`--base=${base}`] : []),
    ...(allow.length === 0 ? [] : [`--allow=${allow.join(",")}`]),
    "--detailed-exitcode",
  ];
}

function applyFlags(inputs: ApplyInputs): readonly string[] {
  return [
    "--yes",
    ...(inputs.expect.length === 0
      ? []
      : [`--expect=${inputs.expect.join(",")}`, `--on-mismatch=${inputs.onMismatch}`]),
    ...(inputs.allow.length === 0 ? [] : [`--allow=${inputs.allow.join(",")}`]),
    ...(inputs.dryRun ? ["--dry-run"] : []),
  ];
}

function driftFlags(inputs: DriftInputs): readonly string[] {
  return inputs.unmanaged === "list" ? ["--unmanaged"] : [];
}
