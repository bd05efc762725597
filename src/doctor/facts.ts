/** What the doctor knows: gathered at the edge, judged by the other files of this folder. */
import type { Failure } from "../failure.ts";
import type { Destination, Key, Live, Place, PlainMap } from "../model.ts";
import type { Right } from "../stores/store.ts";

/** How the commit at hand stands to the one that is live (`git/history.ts`). */
export type Relation = "same" | "ahead" | "behind" | "diverged" | "unknown";
export type Trouble = Pick<Failure, "message" | "fix" | "details">;

export interface ToolFacts {
  /** Versions as text: `20.20.0`, `0.1.0`. */
  readonly node: string;
  readonly trueup: string;
  readonly config: {
    readonly errors: number;
    readonly warnings: number;
    readonly apps: number;
    readonly places: number;
  };
  readonly git:
    | { readonly kind: "none" }
    | { readonly kind: "failed"; readonly trouble: Trouble }
    | {
        readonly kind: "repo";
        readonly shallow: boolean;
        /** Undefined before the first commit. */
        readonly head: { readonly commit: string; readonly branch: string | undefined } | undefined;
      };
  /** Name of the CI system; undefined on a person's machine. */
  readonly ci: string | undefined;
}

export interface DestinationFacts {
  readonly destination: Pick<Destination, "id" | "place" | "storeId"> & {
    readonly target: Pick<Destination["target"], "name" | "type">;
  };
  readonly outcome:
    /** Credentials of `connection` whose environment variable is not set; nothing was tried. */
    | {
        readonly kind: "missing";
        readonly credentials: readonly { readonly name: string; readonly variable: string }[];
      }
    /** `unreachable`: nothing can be read over this connection, so it is tried once. */
    | { readonly kind: "failed"; readonly trouble: Trouble; readonly unreachable: boolean }
    /** `relation` is undefined where there is nothing to compare: never applied, or outside Git. */
    | { readonly kind: "read"; readonly live: Live; readonly relation: Relation | undefined };
  /** What the credentials may do; undefined where the store was not asked. */
  readonly rights?: { readonly found: readonly Right[] } | { readonly trouble: Trouble };
  /** Settings that an apply would make. */
  readonly toCome?: number;
}

/** Where a destination is: its connection without credentials that are read from the environment. */
export interface ConnectionFacts {
  readonly target: string;
  readonly place: Pick<Place, "env" | "region" | "vars">;
  readonly connection: PlainMap;
}

/** What a target's path gives for one unit: the part without the key, or the whole key of a blob. */
export interface PathFacts {
  readonly target: string;
  readonly unit: string;
  readonly app: string;
  readonly place: Pick<Place, "env" | "region" | "vars">;
  readonly path: Key;
}
