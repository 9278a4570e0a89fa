// A table of figures as a chart needs it. Columns that belong into the chart say so: <th data-series="bar" data-axis="left">;
// the first cell of a row is its label, and <td data-value="12.5"> is a figure without its dress.
export function read(table) {
  const heads = [...table.querySelectorAll("thead th")];
  const rows = [...table.querySelectorAll("tbody tr")];
  const series = heads.flatMap((head, place) => (head.dataset.series ? [{ head, place }] : [])).map(({ head, place }) => ({
    name: head.textContent.trim(), kind: head.dataset.series, axis: head.dataset.axis ?? "left",
    values: rows.map((row) => number(row.children[place])),
  }));
  return { labels: rows.map((row) => row.children[0].dataset.label ?? row.children[0].textContent.trim()), series };
}

function number(cell) {
  const value = Number.parseFloat(cell.dataset.value ?? cell.textContent);
  return Number.isFinite(value) ? value : null; // a gap, not a zero
}
