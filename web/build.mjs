// Builds into ../api/static, or into the folder given by --out. Two builds: the widget stands alone, the pages share their
// pieces. Names never change: the service lets no browser keep a file without asking whether it is still the same.

import { cpSync, mkdirSync, rmSync } from "node:fs";
import { dirname, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "vite";

const here = dirname(fileURLToPath(import.meta.url));
const given = process.argv.indexOf("--out");
const out = resolve(given < 0 ? `${here}/../api/static` : process.argv[given + 1]);
const pages = ["index", "advisor", "manager", "playbooks", "system", "wecom", "embed", "docs"];

/** Takes the blanks out of css`…` and the indentation out of html`…`. */
const tight = {
  name: "tight-templates",
  transform(code, id) {
    if (!id.startsWith(`${here}/src/`)) return null;
    const sheet = (text) => text.replace(/\s+/g, " ").replace(/ ?([{};]) ?/g, "$1").replace(/;}/g, "}");
    return code
      .replace(/css`([^`]*)`/g, (_, text) => `css\`${sheet(text)}\``)
      .replace(/\n\s+/g, "\n");
  },
};

/** wavesurfer writes its sheet as an inline <style>, which our pages forbid: src/parts/wave.ts adopts it instead. */
const noInlineStyle = {
  name: "no-inline-style",
  transform(code, id) {
    if (!id.includes("/wavesurfer.js/dist/")) return null;
    return code.replace(/<style\$\{.*?\}>/g, "<dk-sheet>").replaceAll("</style>", "</dk-sheet>");
  },
};
const shared = {
  root: here,
  base: "/static/",
  configFile: false,
  logLevel: "warn",
  publicDir: false,
  plugins: [tight, noInlineStyle],
};

rmSync(out, { recursive: true, force: true });
mkdirSync(out, { recursive: true });

await build({
  ...shared,
  build: {
    outDir: out,
    emptyOutDir: false,
    target: "es2022",
    modulePreload: { polyfill: false },
    assetsInlineLimit: 0,
    chunkSizeWarningLimit: 700,
    rolldownOptions: {
      input: Object.fromEntries(pages.map((name) => [name, `${here}/${name}.html`])),
      output: { entryFileNames: "assets/[name].js", chunkFileNames: "assets/[name].js" },
    },
  },
});

await build({
  ...shared,
  base: "./",
  build: {
    outDir: out,
    emptyOutDir: false,
    target: "es2022",
    modulePreload: false,
    rolldownOptions: {
      input: { "dongke-profile": `${here}/src/widget/entry.ts` },
      preserveEntrySignatures: "exports-only",
      output: { entryFileNames: "[name].js", chunkFileNames: "dongke-profile-[name].js" },
    },
  },
});

cpSync(`${here}/icon.svg`, `${out}/icon.svg`);
