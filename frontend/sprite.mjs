// All icons of the storefront as one file of <symbol>s: `<svg><use href="…/icons-HASH.svg#home">`, in the colour of the words beside.
import { readFileSync, readdirSync } from "node:fs";
import path from "node:path";

const SHAPE = /^<svg xmlns="http:\/\/www\.w3\.org\/2000\/svg" viewBox="0 0 24 24" fill="none" stroke="#000" stroke-width="1\.8" stroke-linecap="round" stroke-linejoin="round">(.+)<\/svg>\s*$/s;

export function sprite(folder) {
  const symbols = readdirSync(folder)
    .filter((file) => file.endsWith(".svg"))
    .sort()
    .map((file) => {
      const drawn = SHAPE.exec(readFileSync(path.join(folder, file), "utf8"));
      if (!drawn) throw new Error(`${file}: every icon is drawn with the same pen, on 24 × 24; see the others`);
      return `<symbol id="${path.basename(file, ".svg")}" viewBox="0 0 24 24">${drawn[1]}</symbol>`;
    });
  return `<svg xmlns="http://www.w3.org/2000/svg" fill="none" stroke="currentColor" stroke-width="1.8" stroke-linecap="round" stroke-linejoin="round">${symbols.join("")}</svg>\n`;
}
