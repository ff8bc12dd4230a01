// Runs before the first paint, so that a dark room is not lit up by a white flash. A file of its own because the
// content security policy allows no inline scripts. The key is the one that Mantine's manager writes.
(() => {
  let chosen = "auto";
  try {
    chosen = localStorage.getItem("holdfast-colour-scheme") ?? "auto";
  } catch {
    // storage switched off: follow the system
  }
  const dark = chosen === "dark" || (chosen !== "light" && matchMedia("(prefers-color-scheme: dark)").matches);
  document.documentElement.setAttribute("data-mantine-color-scheme", dark ? "dark" : "light");
})();
