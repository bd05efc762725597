/** The lines of a CODEOWNERS file. */
import { ownersPattern, type PathTest } from "./pattern.ts";

export interface OwnersRule {
  /** One-based. */
  readonly line: number;
  readonly pattern: string;
  /** None: who matches here has no owner, whatever the lines before say. */
  readonly owners: readonly string[];
  readonly test: PathTest;
}
export interface OwnersFault {
  readonly line: number;
  readonly message: string;
  readonly fix: string;
}

/** `@person`, `@org/team`, or an address. */
const OWNER = /^(?:@[A-Za-z0-9][\w-]*(?:\/[\w.-]+)?|[^\s@]+@[^\s@]+\.[^\s@]+)$/u;

/** Every line that GitHub uses, and those that it passes over without a word. */
export function ownersRules(text: string): {
  readonly rules: readonly OwnersRule[];
  readonly faults: readonly OwnersFault[];
} {
  const rules: OwnersRule[] = [];
  const faults: OwnersFault[] = [];
  text.split(/\r?\n/u).forEach((whole, index) => {
    const line = index + 1;
    // A space in a path is written with a backslash; a comment may follow the owners.
    const [pattern, ...words] = whole.match(/(?:\\.|[^\s\\])+/gu) ?? [];
    if (pattern === undefined || pattern.startsWith("#")) return;
    const comment = words.findIndex((word) => word.startsWith("#"));
    const owners = comment < 0 ? words : words.slice(0, comment);
    const test = ownersPattern(pattern);
    const bad = owners.find((owner) => !OWNER.test(owner));
    if (test === undefined)
      faults.push({
        line,
        message: "GitHub does not know ! and [ ] here, and passes over the line",
        fix: "write one line for each path",
      });
    else if (bad !== undefined)
      faults.push({
        line,
        message: `${JSON.stringify(bad)} is no owner, and GitHub passes over the line`,
        fix: "write @person, @organisation/team or an e-mail address",
      });
    else rules.push({ line, pattern, owners, test });
  });
  return { rules, faults };
}
