// Builds ../static/widget.js from src/; with --check it only says whether the committed file is what the sources make.
// The result depends on the sources and the tools' exact versions, on nothing else: no dates, no paths.

import { readFile, writeFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { build, transform } from "esbuild";
import { minify } from "terser";

const target = fileURLToPath(new URL("../static/widget.js", import.meta.url));

const minifiedSheets = {
  name: "minified sheets as text",
  setup(work) {
    work.onLoad({ filter: /\.css$/ }, async ({ path }) => {
      const sheet = await transform(await readFile(path, "utf8"), { loader: "css", minify: true, charset: "utf8" });
      return { contents: sheet.code.trim(), loader: "text" };
    });
  },
};

const built = await build({
  absWorkingDir: fileURLToPath(new URL(".", import.meta.url)),
  entryPoints: ["src/main.ts"],
  bundle: true,
  format: "esm",
  target: ["es2022"],
  charset: "utf8",
  legalComments: "none",
  write: false,
  plugins: [minifiedSheets],
  logLevel: "error",
});
const { code } = await minify(built.outputFiles[0].text, {
  module: true,
  ecma: 2020,
  compress: { passes: 5, unsafe_arrows: true, pure_getters: true },
});
const script = Buffer.from(`(()=>{${code}})();\n`);
if (!process.argv.includes("--check")) {
  await writeFile(target, script);
  console.log(`widget: ${script.length} bytes.`);
} else if (!script.equals(await readFile(target).catch(() => Buffer.alloc(0)))) {
  console.error("widget: static/widget.js is not what the sources make; type: make widget, and commit the file.");
  process.exit(1);
}
