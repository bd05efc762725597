/**
 * The library: the stages and the pipeline, typed. Everything here is what the command line itself uses.
 *
 * ```ts
 * import { check, drivers, folderSource, openProject } from "trueup";
 * const project = await openProject(folderSource("."), drivers);
 * const result = project.bench === undefined ? project : check(project.bench, project.problems);
 * ```
 */
export type * from "./model.ts";
export { CODES, type Code, type LocatedProblem, type Problem, foldProblems, hasErrors } from "./problem.ts";
export { EXIT, type ExitCode, Failure, type FailureCode, exitOf, isFailure } from "./failure.ts";
export { holdsSecret, isSecret, Sealed } from "./secret.ts";
export { type AddressPattern, formatAddress, formatPath, parseAddress, parsePath } from "./address.ts";
export { canonicalJson } from "./canonical.ts";

export { type Loaded, load } from "./load/load.ts";
export { locate } from "./load/locate.ts";
export { type Source, type TreeEntry, folderSource, memorySource } from "./load/source.ts";
export { gitSource } from "./git/tree.ts";

export { type Checked, type Scope, type UnitResult, type Workbench, check, prepare, unitsOf } from "./desired.ts";
export { type Wanted, wantedBy } from "./wanted.ts";
export { readLive } from "./live.ts";
export {
  type ApplyOptions,
  type PlanOptions,
  type Planned,
  type StorePool,
  applyPlan,
  planLive,
  planRef,
  storePool,
  want,
} from "./pipeline.ts";
export { type Drivers, type Project, openProject } from "./project.ts";
export { dropSuperseded } from "./apply/ancestry.ts";
export { expectPlan } from "./apply/expect.ts";
export { exitCodeOf, receiptOf } from "./apply/receipt.ts";

export type { KeySource } from "./secrets/sops/decrypt.ts";
export { ageIdentities } from "./secrets/sops/identities.ts";

export type {
  CommitEvent,
  Group,
  HeadChange,
  Limits,
  Purpose,
  ReadQuery,
  Store,
  StoreDriver,
  Write,
} from "./stores/store.ts";
export { drivers } from "./stores/registry.ts";
export { memoryStore } from "./stores/memory.ts";
export { decodeHead, decodeLedger, encodeHead, encodeLedger, headKey, ledgerKey } from "./stores/records.ts";
export { VERSION } from "./version.ts";
