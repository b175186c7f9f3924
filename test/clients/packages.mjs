// The originals' packages, as `tools/setup test` installed them here.
import { File } from "node:buffer";
import { createRequire, Module } from "node:module";

const require = createRequire(import.meta.url);

globalThis.File ??= File; // Node 18 has it in a module only; the clients are made for browsers

/** What a package exports. A package that is missing fails its tests, it does not skip them. */
export function load(name) {
  try {
    return require(name);
  } catch (error) {
    if (error.code !== "MODULE_NOT_FOUND") throw error;
    throw new Error(`${name} is not installed: tools/setup test asks the npm registry for it, and says so when it cannot`);
  }
}

/** What a package exports that holds modules without saying so: bundled in memory first. */
export function loadBundled(name) {
  const { outputFiles } = load("esbuild").buildSync({
    entryPoints: [require.resolve(name)],
    bundle: true,
    platform: "node",
    format: "cjs",
    logLevel: "error",
    write: false,
  });
  const bundle = new Module(name);
  bundle.paths = require.resolve.paths("x");
  bundle._compile(outputFiles[0].text, `${name}.bundle.cjs`);
  return bundle.exports;
}
