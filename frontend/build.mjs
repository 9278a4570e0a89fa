// node frontend/build.mjs  ->  shop/static/dist/NAME-HASH.{css,js} with .gz and .br beside each, and manifest.json.
// The folder is built aside and swapped in whole, so a running shop never sees half of it.
import { createHash } from "node:crypto";
import { mkdirSync, readFileSync, readdirSync, renameSync, rmSync, statSync, writeFileSync } from "node:fs";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { brotliCompressSync, constants, gzipSync } from "node:zlib";
import { build } from "esbuild";
import { darkByMedia } from "./dark-by-media.mjs";
import { icon } from "./icons.mjs";
import { sprite } from "./sprite.mjs";

const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), "..");
const source = path.join(root, "frontend", "src");
const finished = path.join(root, "shop", "static", "dist");
const building = path.join(root, "node_modules", `.assets-${process.pid}`);
const SMALLEST_TO_COMPRESS = 600; // bytes; below that the headers eat the gain

const entries = [...["shop", "counter", "packing", "manage", "api-docs"].flatMap((name) => [`${name}.css`, `${name}.js`]), "counter-sw.js", "dashboard.js"];
const icons = [192, 512]; // pixels, what an installed page needs

async function bundle() {
  const result = await build({
    absWorkingDir: root,
    entryPoints: entries.map((name) => path.join(source, name)),
    outdir: building,
    entryNames: "[name]-[hash]",
    assetNames: "[name]-[hash]",
    bundle: true,
    minify: true,
    metafile: true,
    format: "esm",
    legalComments: "linked",
    target: ["chrome87", "safari14.1"], // the oldest WebViews we promise; esbuild refuses what they cannot read
    loader: { ".svg": "dataurl", ".wasm": "file" },
    plugins: [darkByMedia()],
    logLevel: "warning",
  });
  if (result.warnings.length) throw new Error("esbuild warned; see above");
  return result.metafile;
}

function write(name, bytes) {
  const { name: stem, ext } = path.parse(name);
  const file = `${stem}-${createHash("sha256").update(bytes).digest("hex").slice(0, 8)}${ext}`;
  writeFileSync(path.join(building, file), bytes);
  return [name, file];
}

function drawIcons() {
  const drawn = icons.map((size) => write(`counter-${size}.png`, icon(size)));
  return [...drawn, write("icons.svg", sprite(path.join(source, "shop", "sprite")))];
}

function describe(file) {
  const bytes = readFileSync(path.join(building, file));
  const integrity = "sha384-" + createHash("sha384").update(bytes).digest("base64");
  return { file, integrity, bytes: bytes.length };
}

function manifestOf(metafile) {
  const manifest = {};
  for (const [file, output] of Object.entries(metafile.outputs)) {
    const inputs = Object.keys(output.inputs);
    // What a script loads by itself is named by where it comes from.
    const name = output.entryPoint ?? (inputs.length === 1 && inputs[0].endsWith(".wasm") ? inputs[0] : null);
    if (name) manifest[path.basename(name)] = describe(path.basename(file));
  }
  for (const [name, file] of drawIcons()) manifest[name] = describe(file);
  const missing = entries.filter((name) => !(name in manifest));
  if (missing.length) throw new Error(`not built: ${missing.join(", ")}`);
  return manifest;
}

// What a strict policy would block, or a public host would serve, must not get in with a package.
function refuseForbidden() {
  for (const file of readdirSync(building)) {
    const text = readFileSync(path.join(building, file), "utf8");
    if (file.endsWith(".js") && /\beval\(|new Function\(/.test(text)) throw new Error(`${file}: eval`);
    if (file.endsWith(".css") && /url\(["']?(https?:)?\/\//.test(text)) throw new Error(`${file}: a foreign address`);
  }
}

function compress() {
  for (const file of readdirSync(building)) {
    const full = path.join(building, file);
    if (!/\.(css|js|svg|wasm)$/.test(file) || statSync(full).size < SMALLEST_TO_COMPRESS) continue;
    const bytes = readFileSync(full);
    writeFileSync(full + ".gz", gzipSync(bytes, { level: 9 }));
    writeFileSync(full + ".br", brotliCompressSync(bytes, { params: { [constants.BROTLI_PARAM_QUALITY]: 11 } }));
  }
}

function swapIn() {
  const old = `${building}-old`;
  mkdirSync(path.dirname(finished), { recursive: true });
  try {
    renameSync(finished, old);
  } catch (error) {
    if (error.code !== "ENOENT") throw error;
  }
  renameSync(building, finished);
  rmSync(old, { recursive: true, force: true });
}

try {
  const manifest = manifestOf(await bundle());
  refuseForbidden();
  compress();
  writeFileSync(path.join(building, "manifest.json"), JSON.stringify(manifest, null, 1) + "\n");
  swapIn();
  for (const [name, { file, bytes }] of Object.entries(manifest)) console.log(`${name.padEnd(18)} ${String(bytes).padStart(7)}  ${file}`);
} finally {
  rmSync(building, { recursive: true, force: true });
}
