// Bootstrap turns dark by data-bs-theme="dark", which somebody would have to set before the first paint; an inline script
// is forbidden here. This esbuild plugin repeats those rules under @media (prefers-color-scheme: dark), right after each.
import { readFileSync } from "node:fs";

const DARK = '[data-bs-theme=dark]';
const RULE = /(^|[}/])(\s*)((?:\.navbar)?\[data-bs-theme=dark\][^{}]*)\{([^{}]*)\}/gm;
const EXPECTED = 7; // of Bootstrap 5.3.9; another number means: look at the new version before using it

export function repeatDarkRules(css) {
  let found = 0;
  const text = css.replace(RULE, (whole, before, space, selector, body) => {
    if (selector.startsWith(".navbar")) return whole; // a navbar that is dark on purpose
    found += 1;
    const unthemed = selector.trim().split(DARK).join(":root:not([data-bs-theme=light])");
    return `${whole}\n@media (prefers-color-scheme: dark) {${unthemed} {${body}}}`;
  });
  return { text, found };
}

export function darkByMedia() {
  return {
    name: "dark-by-media",
    setup(build) {
      build.onLoad({ filter: /bootstrap\.css$/ }, ({ path }) => {
        const { text, found } = repeatDarkRules(readFileSync(path, "utf8"));
        if (found !== EXPECTED) throw new Error(`${path}: ${found} dark rules instead of ${EXPECTED}`);
        return { contents: text, loader: "css" };
      });
    },
  };
}
