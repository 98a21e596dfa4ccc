// Keeps an open page up to date: is told by the server when anything changed (or asks every few seconds where no stream
// is to be had), and only then fetches the page anew. What is open stays open, and the place on the page stays.
(() => {
  const pause = 2000, ask = 5000, quiet = 30000;
  let fetched = 0, due = null, source = null, spoke = 0;

  const told = () => new Map([...document.querySelectorAll("[data-told]")].map((item) => [item.dataset.name, item.dataset.told]));

  // For screen readers: which objects have news, not all of what stands there, and not more than twice a minute.
  const announce = (before) => {
    const news = [...told()].filter(([name, at]) => before.get(name) !== at).map(([name]) => name);
    const voice = document.getElementById("voice");
    if (!voice || !news.length || !before.size || Date.now() - spoke < quiet) return;
    spoke = Date.now();
    voice.textContent = `News of ${news.slice(0, 3).join(", ")}${news.length > 3 ? ` and ${news.length - 3} more` : ""}`;
  };

  // Who goes by keyboard always has something in focus, which must be found again on the fresh page: by its kind, its
  // address and the card that it is in, and of several the one at its place.
  const alike = (item, card) => [...document.querySelectorAll(item.tagName)].filter((other) => other.id === item.id
    && other.getAttribute("href") === item.getAttribute("href") && cardOf(other) === card);
  const cardOf = (item) => (item.closest("[data-name]") || { dataset: {} }).dataset.name;
  const mark = (item) => {
    const card = cardOf(item), place = alike(item, card).indexOf(item);
    return () => { const found = alike(item, card); return found[Math.min(place, found.length - 1)]; };
  };

  const busy = () => {
    const focus = document.activeElement; // in a field or at a button: somebody is at it
    const filling = focus && focus.matches("input, select, textarea, button") && !focus.closest("[data-keep]");
    return document.hidden || document.querySelector("[data-hold]") || filling;
  };

  const refresh = async () => {
    due = null;
    if (busy()) return later(ask);
    fetched = Date.now();
    try {
      const page = await fetch(location.href, { cache: "no-store" });
      if (!page.ok || page.redirected) return; // signed out meanwhile, or asked too often
      const fresh = new DOMParser().parseFromString(await page.text(), "text/html");
      const open = [...document.querySelectorAll("details")].map((item) => item.open), before = told();
      if (busy()) return later(ask);
      const focus = document.activeElement, again = mark(focus);
      for (const item of document.querySelectorAll("[data-keep]")) {
        const place = fresh.querySelector(`[data-keep="${item.dataset.keep}"]`);
        if (place) place.replaceWith(item);
      }
      for (const part of ["header.top", "main", "footer.foot"]) {
        document.querySelector(part).replaceWith(fresh.querySelector(part));
      }
      document.querySelectorAll("details").forEach((item, index) => { item.open = open[index] || item.open; });
      document.body.dataset.version = fresh.body.dataset.version;
      const at = document.contains(focus) ? focus : again();
      if (at) at.focus({ preventScroll: true });
      announce(before);
      document.dispatchEvent(new Event("nuncius:fresh"));
    } catch {
      // The service is away; the next look tells.
    }
  };

  const later = (wait) => { due = due || setTimeout(refresh, wait); };
  const changed = (version) => {
    if (version && version !== document.body.dataset.version) later(Math.max(0, fetched + pause - Date.now()));
  };

  const look = async () => {
    if (document.hidden || source) return;
    try {
      const answer = await fetch("/api/version.json", { cache: "no-store" });
      if (answer.ok) changed((await answer.json()).version);
    } catch {
      // As above.
    }
  };

  // A hidden page holds no stream: browsers give one server six connections for all tabs together.
  const listen = () => {
    if (document.hidden) {
      if (source) source.close();
      source = null;
    } else if (!source && window.EventSource) {
      source = new EventSource("/live");
      source.addEventListener("version", (event) => changed(event.data));
      source.addEventListener("error", () => { if (source && source.readyState === EventSource.CLOSED) source = null; });
    }
  };

  listen();
  setInterval(look, ask);
  setInterval(listen, 60000);
  document.addEventListener("visibilitychange", () => { listen(); look(); });
})();
