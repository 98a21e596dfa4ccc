// The sphere on a flat picture, for sky.js: Lambert's equal-area zenithal projection about any direction, so that regions
// keep their sizes and the whole sky is a disc. East is to the left, as the sky is seen. Angles are degrees, ICRS.
const Sphere = (() => {
  const RAD = Math.PI / 180;
  const dot = (a, b) => a[0] * b[0] + a[1] * b[1] + a[2] * b[2];
  const vector = (ra, dec) => {
    const c = Math.cos(dec * RAD);
    return [c * Math.cos(ra * RAD), c * Math.sin(ra * RAD), Math.sin(dec * RAD)];
  };
  const position = (v) => [
    ((Math.atan2(v[1], v[0]) / RAD) + 360) % 360,
    Math.atan2(v[2], Math.hypot(v[0], v[1])) / RAD,
  ];
  const separation = (a, b) => 2 * Math.asin(Math.min(1, Math.hypot(a[0] - b[0], a[1] - b[1], a[2] - b[2]) / 2)) / RAD;

  class View {
    // `scale` is pixels per radian at the centre; the whole sky has a radius of 2 * scale.
    constructor(ra, dec, scale) { this.look(ra, dec); this.scale = scale; this.width = this.height = 1; }
    look(ra, dec) {
      this.ra = ((ra % 360) + 360) % 360;
      this.dec = Math.max(-90, Math.min(90, dec));
      const [sr, cr, sd, cd] = [Math.sin(this.ra * RAD), Math.cos(this.ra * RAD), Math.sin(this.dec * RAD), Math.cos(this.dec * RAD)];
      this.ahead = [cd * cr, cd * sr, sd];
      this.east = [-sr, cr, 0];
      this.north = [-sd * cr, -sd * sr, cd];
    }
    // Pixels of a direction; null close to the antipode, which is all of the disc's rim.
    place(v) {
      const along = dot(v, this.ahead);
      if (along < -0.985) return null;
      const k = this.scale * Math.sqrt(2 / (1 + along));
      return [this.width / 2 - k * dot(v, this.east), this.height / 2 - k * dot(v, this.north)];
    }
    // The direction of a pixel; null beyond the sky's rim.
    sky(px, py) {
      const x = (this.width / 2 - px) / this.scale, y = (this.height / 2 - py) / this.scale;
      const rho = Math.hypot(x, y);
      if (rho > 2) return null;
      if (rho < 1e-12) return this.ahead;
      const c = 2 * Math.asin(rho / 2), s = Math.sin(c) / rho, t = Math.cos(c);
      return [0, 1, 2].map((i) => t * this.ahead[i] + s * (x * this.east[i] + y * this.north[i]));
    }
    // Degrees from the centre to the nearer edge.
    get reach() { return 2 * Math.asin(Math.min(1, Math.min(this.width, this.height) / 4 / this.scale)) / RAD; }
    fit(degrees) {
      const half = Math.min(this.width, this.height) / 2;
      this.scale = half / (2 * Math.sin(Math.min(180, Math.max(degrees, 1e-4)) * RAD / 2));
    }
    // A line as a path, broken where it passes the antipode. `whole` says whether nothing was left out.
    path(line) {
      const path = new Path2D();
      let pen = false, whole = true;
      for (const v of line) {
        const at = this.place(v);
        if (!at) { pen = whole = false; continue; }
        if (pen) path.lineTo(at[0], at[1]); else path.moveTo(at[0], at[1]);
        pen = true;
      }
      return { path, whole };
    }
  }

  const two = (n) => String(n).padStart(2, "0");
  // Hours and degrees as people read them, as fine as the view is.
  const hours = (ra, fine) => {
    const s = Math.round((ra / 15) * 3600 * (fine ? 10 : 1)) / (fine ? 10 : 1) % 86400;
    const rest = (s % 60).toFixed(fine ? 1 : 0).padStart(fine ? 4 : 2, "0");
    return `${two(Math.floor(s / 3600))}h ${two(Math.floor(s / 60) % 60)}m ${rest}s`;
  };
  const signed = (dec, digits) => {
    const words = Math.abs(dec).toFixed(digits);
    return `${Number(words) === 0 ? "" : dec < 0 ? "−" : "+"}${words}°`;
  };

  return { View, vector, position, separation, hours, signed, RAD };
})();
