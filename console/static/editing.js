// Looks a rule over while it is typed, marks its lines, and follows a backtest that is under way.
(() => {
  const form = document.getElementById("editor");
  const make = (tag, words, kind) => {
    const node = document.createElement(tag);
    node.textContent = words;
    if (kind) node.className = kind;
    return node;
  };

  if (form) {
    const text = document.getElementById("text");
    const gutter = document.getElementById("gutter");
    const problems = document.getElementById("problems");
    let marks = new Map();
    let asked = 0;
    let timer = 0;

    const number = () => {
      const lines = text.value.split("\n").length;
      gutter.replaceChildren(...Array.from({ length: lines }, (_, n) => make("span", String(n + 1), marks.get(n + 1))));
      slide();
    };
    const slide = () => { gutter.style.transform = `translateY(${-text.scrollTop}px)`; };
    const go = (line, column) => {
      const before = text.value.split("\n").slice(0, line - 1);
      const at = before.reduce((sum, one) => sum + one.length + 1, 0) + Math.max(column - 1, 0);
      text.focus();
      text.setSelectionRange(at, at);
    };
    const item = (wrong) => {
      const one = make("li", "", wrong.level);
      if (wrong.line) {
        const place = make("button", `line ${wrong.line}, column ${wrong.column}`, "place");
        place.type = "button";
        place.addEventListener("click", () => go(wrong.line, wrong.column));
        one.append(place);
      }
      one.append(make("span", `${wrong.level}: ${wrong.message}`));
      if (wrong.hint) one.append(make("span", wrong.hint, "hint"));
      return one;
    };
    const show = (found) => {
      marks = new Map();
      for (const wrong of [...found.problems].reverse()) {
        if (wrong.line && marks.get(wrong.line) !== "error") marks.set(wrong.line, wrong.level);
      }
      number();
      const list = make("ol", "");
      list.append(...found.problems.map(item));
      const good = found.rules.length === 1 ? "This rule is good." : `${found.rules.length} rules are good.`;
      const told = found.problems.length ? [list] : [];
      if (!found.errors) told.push(make("p", good, "good"));
      told.push(...found.loops.map((loop) => make("p", loop, "bad")));
      problems.replaceChildren(...told);
    };
    const look = async () => {
      const mine = ++asked;
      try {
        const answer = await fetch("/rules/check.json", { method: "POST", body: new URLSearchParams(new FormData(form)) });
        const found = await answer.json();
        if (mine !== asked) return; // more was typed meanwhile
        if (answer.ok) show(found);
        else problems.replaceChildren(make("p", found.error || "this cannot be looked over now", "bad"));
      } catch {
        // The service is away; the button tells.
      }
    };
    text.addEventListener("input", () => {
      number();
      clearTimeout(timer);
      timer = setTimeout(look, 400);
    });
    text.addEventListener("scroll", slide);
    gutter.classList.add("on");
    number();
    look();
  }

  const follow = async () => {
    const before = document.querySelector("[data-running]");
    if (!before) return;
    try {
      const page = await fetch(location.href, { cache: "no-store" });
      const fresh = new DOMParser().parseFromString(await page.text(), "text/html");
      const running = fresh.querySelector("[data-running]");
      if (running) before.replaceWith(running);
      else before.closest("section").replaceWith(fresh.getElementById("backtest").closest("section"));
    } catch {
      // The service is away; the next look tells.
    }
    setTimeout(follow, 1000);
  };
  setTimeout(follow, 1000);
})();
