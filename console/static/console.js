// Keeps an open page up to date: asks every few seconds whether anything changed, and only then fetches it anew.
// What is open stays open, and the place on the page stays where it is.
(() => {
  const every = 5000;
  const look = async () => {
    if (document.hidden || document.querySelector("[data-hold]")) return; // somebody fills in a form
    try {
      const answer = await fetch("/api/version.json", { cache: "no-store" });
      if (!answer.ok) return; // signed out meanwhile, or asked too often
      const { version } = await answer.json();
      if (version === document.body.dataset.version) return;
      const page = await fetch(location.href, { cache: "no-store" });
      if (!page.ok || page.redirected) return;
      const fresh = new DOMParser().parseFromString(await page.text(), "text/html");
      const open = [...document.querySelectorAll("details")].map((item) => item.open);
      const held = document.activeElement && document.activeElement.closest("main, header, footer");
      if (held && document.activeElement !== document.body && document.activeElement.id !== "main") return;
      for (const part of ["header.top", "main", "footer.foot"]) {
        document.querySelector(part).replaceWith(fresh.querySelector(part));
      }
      document.querySelectorAll("details").forEach((item, index) => { item.open = open[index] || false; });
      document.body.dataset.version = fresh.body.dataset.version;
    } catch {
      // The service is away; the next look tells.
    }
  };
  setInterval(look, every);
  document.addEventListener("visibilitychange", look);
})();
