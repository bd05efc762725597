/** A SOPS file, read and checked as far as that goes without a key. */
import { formatPath } from "../../address.ts";
import type { SourceFile } from "../../model.ts";
import type { Problem } from "../../problem.ts";
import { looksEncrypted, parseEncrypted, placeOf } from "./cipher.ts";
import type { Encrypted } from "./cipher.ts";
import { fault } from "./fault.ts";
import { readMetadata } from "./metadata.ts";
import type { Metadata } from "./metadata.ts";
import { parseTree } from "./tree.ts";
import type { Leaf, SopsTree } from "./tree.ts";
import { clearScalar } from "./values.ts";
import type { Clear } from "./values.ts";

/** A value of the file: still encrypted, or standing there in plain text by the file's own rule. */
export type Item = { readonly leaf: Leaf; readonly name: string } & (
  | { readonly encrypted: Encrypted; readonly aad: string }
  | { readonly encrypted: undefined; readonly clear: Clear }
);

export interface Loaded {
  readonly tree: SopsTree;
  readonly metadata: Metadata;
  /** In the order of the file; nulls are left out, comments in lists are in. */
  readonly items: readonly Item[];
}

/** Reads and checks a file: it has metadata, every value that should be encrypted is, and no other one is. */
export function loadSops(file: SourceFile): Loaded | { readonly problems: readonly Problem[] } {
  const tree = parseTree(file);
  if ("problems" in tree) return tree;
  const metadata = readMetadata(tree);
  if ("problems" in metadata) return metadata;
  const problems: Problem[] = [];
  const items = tree.leaves.flatMap((leaf) => {
    const item = itemOf(leaf, tree, metadata);
    if (item !== undefined && "code" in item) problems.push(item);
    return item === undefined || "code" in item ? [] : [item];
  });
  return problems.length > 0 ? { problems } : { tree, metadata, items };
}

function itemOf(leaf: Leaf, tree: SopsTree, metadata: Metadata): Item | Problem | undefined {
  const name = formatPath(leaf.path);
  const encrypted = parseEncrypted(leaf.text);
  const selected = metadata.selects(leaf.keys) ?? encrypted !== undefined;
  if (selected && encrypted !== undefined) return { leaf, name, encrypted, aad: placeOf(leaf.keys) };
  if (looksEncrypted(leaf.text))
    return fault(
      tree.file,
      leaf,
      encrypted === undefined
        ? `the encrypted value of ${name} is damaged`
        : `${name} holds an encrypted value although sops.${metadata.selector.name} leaves it in plain text: it was moved here by hand`,
      { fix: "restore the file from Git, or write the value again with trueup secrets set" },
    );
  const clear = clearScalar(leaf.text, leaf.bare, tree.json);
  if (clear === null) return undefined;
  if (clear === undefined) return fault(tree.file, leaf, `${name} is a number that SOPS cannot authenticate`);
  if (selected && clear.text !== "")
    return fault(tree.file, leaf, `${name} stands in plain text in an encrypted file`, {
      code: "TU4001",
      fix: "change the secret where it is used, then write the new one with trueup secrets set",
    });
  return { leaf, name, encrypted: undefined, clear };
}
