/** Is a document a plan? Imports ajv, so it is loaded where it is needed only. */
import { Ajv } from "ajv";
import type { Plain } from "../../model.ts";
import type { ForkPlan } from "../../report/pull-request/fork-comment.ts";
import planSchema from "../../../schemas/plan.schema.json" with { type: "json" };

/** True if it fits `schemas/plan.schema.json`, which has no pattern or circle that could take long. */
export function isForkPlan(data: Plain): data is Plain & ForkPlan {
  const ajv = new Ajv({ strict: false, ownProperties: true, validateSchema: false, meta: false, messages: false });
  return ajv.compile<ForkPlan>(planSchema)(data);
}
