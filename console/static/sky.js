// The interactive sky map of an object's page: regions of each instrument and their joint one, drawn from
// /api/v1/regions. Without this script the page shows the picture that an analysis drew.
(() => {
  const { View, vector, position, separation, hours, signed } = Sphere;
  const DASHES = [[], [7, 4], [2, 3], [9, 3, 2, 3], [12, 4], [4, 4]];
  const element = (name, words, attributes = {}) => {
    const made = document.createElement(name);
    made.textContent = words;
    for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
    return made;
  };
  const pairs = (flat) => {
    const out = [];
    for (let i = 0; i + 1 < flat.length; i += 2) out.push(vector(flat[i], flat[i + 1]));
    return out;
  };
  const circle = (ra, dec, count = 181) => Array.from({ length: count }, (_, i) => vector(ra(i / (count - 1)), dec(i / (count - 1))));
  const size = (deg2) => (deg2 >= 100 ? deg2.toFixed(0) : deg2 >= 0.01 ? deg2.toPrecision(3) : (deg2 * 3600).toPrecision(2)) + (deg2 >= 0.01 ? " deg²" : " arcmin²");
  // The Galactic plane is the great circle about the north Galactic pole (ICRS 192.85948, 27.12825).
  const pole = new View(192.85948, 27.12825, 1);
  const plane = Array.from({ length: 241 }, (_, i) => {
    const t = (i * 2 * Math.PI) / 240;
    return [0, 1, 2].map((k) => Math.cos(t) * pole.east[k] + Math.sin(t) * pole.north[k]);
  });

  class Map {
    constructor(figure) {
      this.figure = figure;
      this.view = new View(180, 0, 100);
      this.regions = [];
      this.places = [];
      this.off = new Set();
      this.build();
    }

    build() {
      const canvas = this.canvas = element("canvas", "", { tabindex: "0", role: "application", "aria-describedby": "sky-help" });
      this.where = element("output", "", { "aria-live": "off", class: "where" });
      const buttons = element("div", "", { class: "skybuttons" });
      for (const [words, said, act] of [["+", "Closer", () => this.zoom(1.6)], ["−", "Farther", () => this.zoom(1 / 1.6)],
        ["Regions", "Show all regions", () => this.fit()], ["Whole sky", "Show the whole sky", () => this.whole()]]) {
        const button = element("button", words, { type: "button", "aria-label": said });
        button.addEventListener("click", act);
        buttons.append(button);
      }
      this.legend = element("fieldset", "", { class: "skylegend" });
      const help = element("p", "Drag or use the arrow keys to turn the sky, + and − or two fingers to zoom, 0 for all regions, W for the whole sky. RA grows to the left.", { class: "muted small", id: "sky-help" });
      this.figure.prepend(canvas, this.where, buttons, this.legend, help);
      this.listen();
      new ResizeObserver(() => this.resize()).observe(canvas);
      matchMedia("(prefers-color-scheme: light)").addEventListener("change", () => this.draw());
    }

    async load() {
      const answer = await fetch(this.figure.dataset.sky);
      if (!answer.ok) return;
      const sky = await answer.json();
      const first = !this.regions.length;
      this.regions = sky.regions.map((region, index) => ({
        ...region, index, at: vector(region.ra, region.dec),
        borders: region.contours.map((c) => ({ ...c, vectors: c.lines.map(pairs) })),
      }));
      this.places = sky.places.map((place) => ({ ...place, at: vector(place.ra, place.dec) }));
      if (!this.regions.length && !this.places.length) return;
      this.figure.hidden = false;
      for (const other of document.querySelectorAll(".instead-of-sky")) other.hidden = true;
      const words = this.regions.map((r) => `${r.name}, ${this.about(r)}`).join("; ");
      this.canvas.setAttribute("aria-label", `Map of the sky with ${words || "positions"}`);
      this.list(sky);
      this.resize();
      if (first) this.begin(); else this.draw();
    }

    about(region) {
      const last = region.contours.at(-1);
      return last ? `${+(100 * last.level).toFixed(1)} % in ${size(last.area_deg2)}` : "";
    }

    list(sky) {
      const rows = this.regions.map((region) => {
        const label = element("label", "");
        const box = element("input", "", { type: "checkbox" });
        box.checked = !this.off.has(region.name);
        box.addEventListener("change", () => {
          if (box.checked) this.off.delete(region.name); else this.off.add(region.name);
          this.draw();
        });
        label.append(box, element("span", "", { class: `swatch c${region.joint ? "j" : region.index % 6}` }), element("span", region.name), element("span", this.about(region), { class: "muted" }));
        return label;
      });
      const notes = sky.problems.map((words) => element("p", words, { class: "muted small" }));
      this.legend.replaceChildren(element("legend", "Regions", { class: "unseen" }), ...rows, ...notes);
    }

    resize() {
      const box = this.canvas.getBoundingClientRect();
      if (!box.width) return;
      const dots = window.devicePixelRatio || 1;
      const reach = this.view.reach;
      [this.canvas.width, this.canvas.height] = [Math.round(box.width * dots), Math.round(box.height * dots)];
      this.dots = dots;
      [this.view.width, this.view.height] = [box.width, box.height];
      this.view.fit(reach);
      this.draw();
    }

    // First what matters most, the joint region, with some sky around it.
    begin() {
      this.fit();
      const first = this.regions[0];
      if (first && first.reach * 2 < this.view.reach) { this.view.fit(Math.max(first.reach * 2, 0.02)); this.draw(); }
    }

    fit() {
      const shown = this.regions.filter((r) => !this.off.has(r.name));
      const all = shown.length ? shown : this.regions;
      const spots = all.length ? all : this.places.map((p) => ({ ...p, reach: 0.05 }));
      if (!spots.length) return;
      const first = spots[0];
      const farthest = Math.max(...spots.filter((r) => r.reach < 60).map((r) => separation(first.at, r.at) + r.reach), first.reach);
      this.view.look(first.ra, first.dec);
      this.view.fit(farthest > 75 ? 180 : farthest * 1.2);
      this.draw();
    }

    whole() { this.view.fit(180); this.draw(); }

    zoom(by, x = this.view.width / 2, y = this.view.height / 2) {
      const before = this.view.sky(x, y);
      const least = Math.min(this.view.width, this.view.height) / 4;
      this.view.scale = Math.max(least, Math.min(this.view.scale * by, 2e8));
      this.follow(before, x, y);
      this.draw();
    }

    // Turn the sky so that a direction comes to lie at a pixel, nearly; near a pole RA turns no faster than it can be followed.
    follow(direction, x, y) {
      for (let again = 0; direction && again < 3; again += 1) {
        const now = this.view.sky(x, y);
        if (!now) return;
        const [was, is] = [position(direction), position(now)];
        const turn = ((was[0] - is[0] + 540) % 360) - 180;
        this.view.look(this.view.ra + Math.max(-30, Math.min(30, turn)), this.view.dec + was[1] - is[1]);
      }
    }

    listen() {
      const canvas = this.canvas, fingers = new window.Map();
      const at = (event) => { const box = canvas.getBoundingClientRect(); return [event.clientX - box.left, event.clientY - box.top]; };
      const gap = () => { const [a, b] = [...fingers.values()]; return [Math.hypot(a[0] - b[0], a[1] - b[1]), (a[0] + b[0]) / 2, (a[1] + b[1]) / 2]; };
      canvas.addEventListener("pointerdown", (event) => { fingers.set(event.pointerId, at(event)); canvas.setPointerCapture(event.pointerId); });
      canvas.addEventListener("pointermove", (event) => {
        const to = at(event), from = fingers.get(event.pointerId);
        if (!from) { this.tell(to); return; }
        if (fingers.size === 2) {
          const [wide, x, y] = gap();
          fingers.set(event.pointerId, to);
          const [wider, x2, y2] = gap();
          this.follow(this.view.sky(x, y), x2, y2);
          this.zoom(wider / Math.max(wide, 1), x2, y2);
        } else {
          const held = this.view.sky(...from);
          fingers.set(event.pointerId, to);
          this.follow(held, ...to);
          this.draw();
        }
        this.tell(to);
      });
      for (const end of ["pointerup", "pointercancel"]) canvas.addEventListener(end, (event) => fingers.delete(event.pointerId));
      canvas.addEventListener("pointerleave", () => this.tell(null));
      canvas.addEventListener("wheel", (event) => {
        if (document.activeElement !== canvas && !event.ctrlKey) return; // the page scrolls on unless the map was chosen
        event.preventDefault();
        this.zoom(Math.exp(-event.deltaY * 0.0015), ...at(event));
      }, { passive: false });
      const keys = { "+": () => this.zoom(1.4), "=": () => this.zoom(1.4), "-": () => this.zoom(1 / 1.4), 0: () => this.fit(), w: () => this.whole(), W: () => this.whole() };
      const turns = { ArrowLeft: [1, 0], ArrowRight: [-1, 0], ArrowUp: [0, 1], ArrowDown: [0, -1] };
      canvas.addEventListener("keydown", (event) => {
        if (event.ctrlKey || event.metaKey || event.altKey) return;
        const turn = turns[event.key];
        if (turn) {
          const step = Math.min(this.view.reach, 90) / 6;
          this.view.look(this.view.ra + (turn[0] * step) / Math.max(Math.cos(this.view.dec * Sphere.RAD), 0.1), this.view.dec + turn[1] * step);
          this.draw();
        } else if (keys[event.key]) keys[event.key](); else return;
        event.preventDefault();
        this.tell([this.view.width / 2, this.view.height / 2]);
      });
    }

    // What lies under the pointer: the position, and the regions that hold it.
    tell(pixel) {
      const there = pixel && this.view.sky(...pixel);
      if (!there) { this.where.textContent = ""; return; }
      const [ra, dec] = position(there), digits = Math.max(1, Math.min(5, 2 - Math.floor(Math.log10(this.view.reach))));
      const pen = this.canvas.getContext("2d");
      const within = this.drawn.filter(({ path }) => pen.isPointInPath(path, pixel[0] * this.dots, pixel[1] * this.dots, "evenodd"));
      const named = new window.Map();
      for (const { region, level } of within) if (!named.has(region.name) || level < named.get(region.name)) named.set(region.name, level);
      const inside = [...named].map(([name, level]) => `${name} ${+(100 * level).toFixed(1)} %`).join(", ");
      this.where.textContent = `RA ${ra.toFixed(digits)}° (${hours(ra, this.view.reach < 1)})  Dec ${signed(dec, digits)}${inside ? "  in " + inside : ""}`;
    }

    draw() {
      if (!this.dots) return;
      const pen = this.canvas.getContext("2d"), css = getComputedStyle(this.figure);
      const colour = (name) => css.getPropertyValue(name).trim();
      pen.setTransform(this.dots, 0, 0, this.dots, 0, 0);
      pen.clearRect(0, 0, this.view.width, this.view.height);
      pen.save();
      pen.beginPath();
      pen.arc(this.view.width / 2, this.view.height / 2, 2 * this.view.scale, 0, 2 * Math.PI);
      pen.fillStyle = colour("--sky");
      pen.fill();
      pen.clip();
      this.grid(pen, colour);
      this.drawn = [];
      for (const region of [...this.regions].reverse()) if (!this.off.has(region.name)) this.region(pen, region, colour);
      this.marks(pen, colour);
      pen.restore();
    }

    region(pen, region, colour) {
      const ink = colour(region.joint ? "--joint" : `--c${region.index % 6}`);
      let seen = false;
      for (const border of [...region.borders].reverse()) {
        const path = new Path2D();
        let whole = true;
        for (const line of border.vectors) { const one = this.view.path(line); path.addPath(one.path); whole &&= one.whole; }
        pen.lineWidth = region.joint ? 2 : 1.5;
        pen.strokeStyle = pen.fillStyle = ink;
        pen.setLineDash(region.joint ? [] : DASHES[region.index % DASHES.length]);
        pen.globalAlpha = region.joint ? 0.28 : 0.1;
        if (whole) { pen.fill(path, "evenodd"); this.drawn.push({ path, region, level: border.level }); }
        pen.globalAlpha = 1;
        pen.stroke(path);
        seen = true;
      }
      pen.setLineDash([]);
      const at = this.view.place(region.at);
      // What is too small to be seen is circled, so that it can be found.
      if (at && seen && region.reach * Sphere.RAD * this.view.scale < 5) { pen.strokeStyle = ink; pen.beginPath(); pen.arc(at[0], at[1], 9, 0, 2 * Math.PI); pen.stroke(); }
    }

    marks(pen, colour) {
      pen.strokeStyle = pen.fillStyle = colour("--strong");
      pen.font = "12px system-ui, sans-serif";
      pen.lineWidth = 1.5;
      const taken = [];
      for (const place of this.places) {
        const at = this.view.place(place.at);
        if (!at) continue;
        pen.beginPath();
        pen.moveTo(at[0] - 5, at[1]); pen.lineTo(at[0] + 5, at[1]); pen.moveTo(at[0], at[1] - 5); pen.lineTo(at[0], at[1] + 5);
        pen.stroke();
        if (taken.some((t) => Math.abs(t[0] - at[0]) < 150 && Math.abs(t[1] - at[1]) < 14)) continue; // names on top of each other say nothing
        taken.push(at);
        pen.fillText(place.name, at[0] + 8, at[1] - 6);
      }
    }

    grid(pen, colour) {
      const view = this.view, reach = view.reach, wide = reach > 75;
      const step = [30, 15, 10, 5, 2, 1, 0.5, 0.2, 0.1, 0.05, 0.02, 0.01].find((s) => s <= reach / 1.6) || 0.005;
      const across = Math.min(30, [30, 15, 10, 5, 3, 1.5, 0.75, 0.25, 0.125, 0.05, 0.025].find((s) => s <= (reach / 1.6) / Math.max(Math.cos(view.dec * Sphere.RAD), 0.02)) || 0.0125);
      const far = Math.min(180, reach * 2.5), full = wide || Math.abs(view.dec) + far > 88;
      const span = full ? 180 : Math.min(180, far / Math.cos(Math.min(89, Math.abs(view.dec) + far) * Sphere.RAD));
      pen.strokeStyle = colour("--grid");
      pen.fillStyle = colour("--soft");
      pen.font = "11px system-ui, sans-serif";
      pen.lineWidth = 1;
      const written = [];
      const label = (words, at, dx, dy) => {
        if (!at) return;
        const x = Math.max(3, at[0] + dx), y = Math.min(view.height - 4, at[1] + dy);
        if (written.some((w) => Math.abs(w[0] - x) < 44 && Math.abs(w[1] - y) < 13)) return;
        written.push([x, y]);
        pen.fillText(words, x, y);
      };
      const inside = (at) => at && at[0] > 2 && at[0] < view.width - 30 && at[1] > 10 && at[1] < view.height - 2;
      const low = Math.max(-90, view.dec - far), high = Math.min(90, view.dec + far);
      for (let dec = Math.ceil(Math.max(low, -89.9) / step) * step; dec <= Math.min(high, 89.9); dec += step) {
        const line = circle((t) => view.ra - span + 2 * span * t, () => dec);
        pen.stroke(view.path(line).path);
        const spots = line.map((v) => view.place(v)).filter(inside);
        label(signed(dec, step < 1 ? Math.ceil(-Math.log10(step)) : 0), wide ? view.place(vector(view.ra, dec)) : spots.sort((a, b) => a[0] - b[0])[0], 3, -3);
      }
      const count = full ? Math.round(360 / Math.max(across, 15)) : 2 * Math.ceil(span / across) + 1;
      const each = full ? 360 / count : across;
      for (let i = 0; i < count; i += 1) {
        const ra = full ? i * each : (Math.round(view.ra / each) - Math.ceil(span / each) + i) * each;
        const line = circle(() => ra, (t) => low + (high - low) * t);
        pen.stroke(view.path(line).path);
        const spots = line.map((v) => view.place(v)).filter(inside);
        const words = hours(((ra % 360) + 360) % 360, false).replace(/ 00s$/, "").replace(/ 00m$/, "");
        label(words, wide ? view.place(vector(ra, 0)) : spots.sort((a, b) => b[1] - a[1])[0], 3, wide ? 12 : -3);
      }
      pen.strokeStyle = colour("--plane");
      pen.setLineDash([8, 5]);
      pen.stroke(view.path(plane).path);
      pen.setLineDash([]);
    }
  }

  for (const figure of document.querySelectorAll("figure[data-sky]")) {
    const map = new Map(figure);
    map.load();
    document.addEventListener("nuncius:fresh", () => map.load());
  }
})();
