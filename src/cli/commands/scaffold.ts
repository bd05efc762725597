/** `trueup init` and `trueup new` as commands: flags in, files out. */
import { resolve } from "node:path";
import { EXIT, type ExitCode } from "../../failure.ts";
import type { Io } from "../io.ts";
import type { CommonOptions } from "../options.ts";
import { initCommand } from "./init.ts";
import { newCommand } from "./new.ts";

export interface InitOptions extends Omit<CommonOptions, "target"> {
  readonly yes?: boolean;
  /** One type of store here, not globs. */
  readonly target?: string | undefined;
  readonly system?: string;
  /** `--no-workflows` makes it false. */
  readonly workflows?: boolean;
}

export async function runInit(options: InitOptions, io: Io): Promise<ExitCode> {
  const { env, target, system } = options;
  const request = {
    folder: resolve(io.cwd, options.dir ?? "."),
    yes: options.yes ?? false,
    interactive: io.ask !== undefined,
    ...(env === undefined ? {} : { env: [...env] }),
    ...(target === undefined ? {} : { target }),
    ...(system === undefined ? {} : { system }),
    ...(options.workflows === false ? { workflows: false } : {}),
  };
  await initCommand(request, io);
  return EXIT.ok;
}

export function runNew(name: string, options: CommonOptions & { readonly like?: string }, io: Io): ExitCode {
  newCommand(
    {
      folder: resolve(io.cwd, options.dir ?? "."),
      name,
      ...(options.like === undefined ? {} : { like: options.like }),
    },
    io,
  );
  return EXIT.ok;
}
