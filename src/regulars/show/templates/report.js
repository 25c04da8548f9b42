// Draws each chart of the page into its place. Expressions are interpreted, never compiled, so that the
// page may forbid every script but its own.
const specs = JSON.parse(document.getElementById("charts").textContent);
const drawn = Object.entries(specs).map(([id, spec]) =>
  vegaEmbed(document.getElementById(id), spec, { renderer: "svg", actions: false, ast: true, tooltip: { theme: "custom" } })
);
Promise.all(drawn).then(
  () => { document.documentElement.dataset.charts = "drawn"; },
  (error) => { document.documentElement.dataset.charts = "failed"; console.error(error); }
);
