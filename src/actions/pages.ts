/** What a plan or a receipt becomes for people: in one piece, loaded where there is one, which a validation never has. */
export { markdownPlan } from "../report/plan/markdown.ts";
export { stepSummary } from "../report/pull-request/plan-comment.ts";
export { markdownReceipt } from "../report/receipt/markdown.ts";
export { prepare, stepsOf } from "./pull-request/by-action.ts";
export { noticesOf } from "./pull-request/notices.ts";
