/** Every command that is loaded when it runs: all but `validate`, in one piece, because a file costs more to open than to read. */
export { applyCommand } from "./apply.ts";
export { compareCommand } from "./compare.ts";
export { diffCommand } from "./diff.ts";
export { doctorCommand } from "./doctor.ts";
export { driftCommand } from "./drift.ts";
export { execCommand } from "./exec.ts";
export { explainCommand } from "./explain.ts";
export { exportCommand } from "./export.ts";
export { fmtCommand } from "./fmt.ts";
export { getCommand } from "./get.ts";
export { permissionsCommand } from "./permissions.ts";
export { renderCommand } from "./render.ts";
export { rollbackCommand } from "./rollback.ts";
export { runInit, runNew } from "./scaffold.ts";
export { inferCommand } from "./schema.ts";
export { secretsListCommand, secretsSetCommand, secretsWhereCommand } from "./secrets.ts";
export { treeCommand } from "./tree.ts";
export { whyCommand } from "./why.ts";
