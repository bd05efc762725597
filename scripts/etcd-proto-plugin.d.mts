import type { Plugin } from "esbuild";

export declare const etcdProto: Plugin;
