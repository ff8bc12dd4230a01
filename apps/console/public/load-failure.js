// A part of the console that cannot be fetched (the server is away, or was updated meanwhile) would leave a blank page.
addEventListener(
  "error",
  (event) => {
    const place = document.getElementById("root");
    if (!(event.target instanceof HTMLScriptElement) || place === null || place.childElementCount > 0) return;
    const words = document.createElement("p");
    words.style.cssText = "max-width:36em;margin:15vh auto;padding:16px;font:16px/1.5 system-ui,sans-serif";
    words.textContent =
      "The console could not be loaded. The server did not answer, or was updated a moment ago: load this page again.";
    place.append(words);
  },
  true, // errors of loading do not bubble
);
