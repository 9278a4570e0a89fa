// The dashboard's charts: drawn from the tables beneath them, so that both say the same.
import {
  BarController, BarElement, CategoryScale, Chart, Legend, LinearScale, LineController, LineElement, PointElement, Tooltip,
} from "chart.js";
import { read } from "./manage/figures.js";

Chart.register(BarController, BarElement, CategoryScale, Legend, LinearScale, LineController, LineElement, PointElement, Tooltip);
const dark = window.matchMedia("(prefers-color-scheme: dark)");
const drawn = [];

function colours() {
  const style = getComputedStyle(document.documentElement);
  const series = dark.matches ? ["#62d296", "#f2b84b", "#8ab4f8"] : ["#067a3d", "#a35a00", "#1a56b0"];
  return { text: style.getPropertyValue("--bs-body-color").trim(), line: style.getPropertyValue("--bs-border-color").trim(), series };
}

function draw(canvas) {
  const { labels, series } = read(document.getElementById(canvas.dataset.chart));
  const { text, line, series: own } = colours();
  const datasets = series.map(({ name, values, kind, axis }, n) => ({
    type: kind, label: name, data: values, yAxisID: axis, backgroundColor: own[n % own.length], borderColor: own[n % own.length],
    borderWidth: kind === "line" ? 2 : 0, pointRadius: labels.length > 40 ? 0 : 3, maxBarThickness: 48, order: kind === "line" ? 0 : 1,
    pointStyle: kind === "line" ? "line" : "rect",
  }));
  const axis = (side, shown) => ({
    position: side, beginAtZero: true, display: shown, grace: "5%", ticks: { color: text, precision: 0, maxTicksLimit: 6 },
    grid: { color: line, drawOnChartArea: side === "left" }, border: { color: line },
  });
  return new Chart(canvas, {
    data: { labels, datasets },
    options: {
      animation: false, // nothing moves, for nobody
      maintainAspectRatio: false, // its box has a height of its own, before and after
      interaction: { mode: "index", intersect: false },
      scales: {
        x: { ticks: { color: text, maxRotation: 0, autoSkipPadding: 12 }, grid: { display: false }, border: { color: line } },
        left: axis("left", true),
        right: axis("right", series.some((each) => each.axis === "right")),
      },
      plugins: { legend: { labels: { color: text, usePointStyle: true, boxHeight: 8 } } },
    },
  });
}

function drawAll() {
  for (const chart of drawn.splice(0)) chart.destroy();
  for (const canvas of document.querySelectorAll("canvas[data-chart]")) drawn.push(draw(canvas));
  document.documentElement.dataset.charts = String(drawn.length);
}

drawAll();
dark.addEventListener("change", drawAll);
window.addEventListener("beforeprint", () => drawn.forEach((chart) => chart.resize()));
