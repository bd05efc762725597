/**
 * esbuild plugin: puts etcd3's protocol description into the bundle. etcd3 1.1.2 reads `../proto/rpc.proto` beside its
 * own file when it is loaded, and in a bundle there is nothing beside it.
 */
import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";

const LOADING = "(0, proto_loader_1.loadSync)(`${__dirname}/../proto/rpc.proto`,";

/** @type {import("esbuild").Plugin} */
export const etcdProto = {
  name: "etcd-proto",
  setup(build) {
    build.onLoad({ filter: /[\\/]etcd3[\\/]lib[\\/]connection-pool\.js$/ }, async ({ path }) => {
      const source = await readFile(path, "utf8");
      if (!source.includes(LOADING)) {
        return { errors: [{ text: "etcd3 no longer loads its .proto as this plugin expects: look at both again." }] };
      }
      const description = await descriptionBeside(path);
      // A function as replacement: `$` in the text would otherwise mean something.
      return { contents: source.replace(LOADING, () => `(0, proto_loader_1.fromJSON)(${description},`), loader: "js" };
    });
  },
};

/** What `loadSync` would make of the .proto files, as JSON. HTTP routes of the services are left out: nothing uses them. */
async function descriptionBeside(path) {
  const loader = createRequire(path).resolve("@grpc/proto-loader");
  const { default: protobuf } = await import(createRequire(loader).resolve("protobufjs"));
  // One file after the other: read side by side, their order in the bundle would be the order in which the disk answers.
  const root = new protobuf.Root().loadSync(join(dirname(path), "..", "proto", "rpc.proto"), { keepCase: true });
  return JSON.stringify(root.toJSON(), (name, value) => (isRoute(name, value) ? undefined : value));
}

function isRoute(name, value) {
  return name === "options" && Object.keys(value).some((option) => option.startsWith("("));
}
