// The lathe from above, in millimetres: what turns, where the head is, and the groove, drawn as it is executed.

const BED_MM = 170; // half the picture
const STEP_RAD = Math.PI / 36; // an arc is drawn in steps of this
const FRAME_MS = 30; // drawing more often costs a computer without a graphics card more than it shows
const REMEMBERED_MS = 600; // the speed that is drawn is what the platter turned in this time
const LATE_MS = 200; // no news for longer: it is not drawn on
const TURNS_RPM = 0.05; // less is a platter that swings back from its stop
const CATCH_UP = 0.3; // of what the drawn angle is behind, each frame
const still = matchMedia('(prefers-reduced-motion: reduce)');

export class Lathe {
  constructor() {
    const get = (id) => document.getElementById(id);
    [this.turn, this.film, this.carriage, this.head, this.shade, this.lamp, this.gauge, this.well] =
      ['turn', 'film', 'carriage', 'head', 'shade', 'downlamp', 'gauge', 'well'].map(get);
    this.canvas = get('groove');
    this.pen = this.canvas.getContext('2d');
    this.now = { angle_rad: 0, radius_mm: 0, rpm: 0, head_down: false, disc_radius_mm: 125, label_radius_mm: 50 };
    this.angle = 0;
    this.passed = []; // when which angle was said
    this.speed = 0;
    this.radius = null;
    this.end = null; // last point drawn
    this.count = 0;
    this.size(125, 50);
    this.frame = (at) => this.move(at);
    requestAnimationFrame(this.frame);
  }

  size(disc, label) {
    this.mm = this.canvas.width / 2 / disc;
    this.film.style.setProperty('--disc', `${disc / BED_MM * 100}%`);
    this.film.style.setProperty('--label', `${label / disc * 100}%`);
    this.well.style.setProperty('--disc', `${disc / BED_MM * 100}%`);
  }

  take(platter) {
    const { disc_radius_mm: disc, label_radius_mm: label } = platter;
    if (disc !== this.now.disc_radius_mm || label !== this.now.label_radius_mm) this.size(disc, label);
    this.now = platter;
    this.remember(platter);
    this.well.classList.toggle('down', platter.head_down);
    this.well.classList.toggle('turning', platter.rpm >= TURNS_RPM);
    const left = Math.ceil(Math.max(platter.left_s, 0));
    const turns = platter.rpm >= TURNS_RPM ? `${platter.rpm.toFixed(1)} turns a minute` : 'The platter stands still';
    const head = ` · head ${platter.head_down ? 'down' : 'up'} at ${platter.radius_mm.toFixed(1)} mm`;
    const time = ` · ${Math.round(platter.part * 100)} % · ${Math.floor(left / 60)}:${String(left % 60).padStart(2, '0')} left`;
    const text = turns + (left > 0 || platter.rpm >= TURNS_RPM ? head : '') + (left > 0 ? time : '');
    if (this.gauge.textContent !== text) this.gauge.textContent = text;
    const seen = `The lathe from above. The platter ${platter.rpm >= TURNS_RPM ? 'turns' : 'stands still'}, the head is ${platter.head_down ? 'down' : 'up'}.`;
    if (this.well.getAttribute('aria-label') !== seen) this.well.setAttribute('aria-label', seen);
  }

  remember({ angle_rad: angle, rpm }) {
    const at = performance.now(), last = this.passed.at(-1);
    if (!rpm || (last && angle < last.angle)) this.passed = [];
    this.passed.push({ at, angle });
    while (at - this.passed[0].at > REMEMBERED_MS && this.passed.length > 2) this.passed.shift();
    const [first] = this.passed;
    this.speed = rpm && at > first.at ? (angle - first.angle) / (at - first.at) : 0; // rad a millisecond
  }

  inputs({ blank, lid_closed: closed }) {
    this.well.classList.toggle('loaded', blank);
    this.well.classList.toggle('closed', closed);
  }

  move(at) { // what is drawn runs with the speed that was said, and is drawn to the angle that was executed
    requestAnimationFrame(this.frame);
    if (at - this.at < FRAME_MS) return;
    const passed = Math.min(at - (this.at ?? at), 100);
    this.at = at;
    const { angle_rad: angle, rpm, radius_mm: radius, head_down: down } = this.now;
    const since = Math.min(Math.max(performance.now() - (this.passed.at(-1)?.at ?? 0), 0), LATE_MS);
    const aim = angle + this.speed * since;
    const next = this.angle + this.speed * passed;
    this.angle = Math.abs(aim - next) > Math.PI || !rpm ? aim : next + CATCH_UP * (aim - next);
    const shown = still.matches ? 0 : this.angle;
    const turned = (shown % (2 * Math.PI)).toFixed(4);
    if (turned !== this.turned) this.turn.style.transform = `rotate(${this.turned = turned}rad)`;
    const x = radius > 0 ? radius : 150; // parked behind the rim
    this.radius = this.radius === null || still.matches ? x : this.radius + 0.35 * (x - this.radius);
    const across = this.radius.toFixed(1);
    if (across !== this.across || down !== this.down) { // what stands still is not painted again
      [this.across, this.down] = [across, down];
      this.carriage.setAttribute('transform', `translate(${across} 0)`);
      this.head.setAttribute('transform', down ? '' : 'translate(0 -5) scale(1.04)');
      this.shade.setAttribute('opacity', down ? '.55' : '.28');
    }
  }

  groove(data) {
    const view = new DataView(data);
    const points = new Float32Array(data.slice(6));
    const before = view.getUint32(2, true);
    if (view.getUint8(1) || before !== this.count) this.clear();
    this.count = before + points.length / 2;
    this.canvas.dataset.points = this.count;
    if (points.length) this.draw(points);
  }

  clear() {
    this.pen.setTransform(1, 0, 0, 1, 0, 0);
    this.pen.clearRect(0, 0, this.canvas.width, this.canvas.height);
    this.end = null;
  }

  draw(points) { // the head is at 3 o'clock: what it cuts at platter angle a lies at -a on the disc
    const { pen } = this;
    pen.setTransform(1, 0, 0, 1, this.canvas.width / 2, this.canvas.height / 2);
    pen.lineWidth = 0.9;
    pen.lineCap = 'round';
    pen.strokeStyle = 'rgb(178 208 228 / 0.62)';
    pen.beginPath();
    let [angle, radius] = this.end ?? points;
    pen.moveTo(...this.at_mm(angle, radius));
    for (let i = 0; i < points.length; i += 2) {
      const steps = Math.max(1, Math.min(720, Math.ceil(Math.abs(points[i] - angle) / STEP_RAD)));
      for (let k = 1; k <= steps; k += 1) {
        const part = k / steps;
        pen.lineTo(...this.at_mm(angle + part * (points[i] - angle), radius + part * (points[i + 1] - radius)));
      }
      [angle, radius] = [points[i], points[i + 1]];
    }
    pen.stroke();
    this.end = [angle, radius];
  }

  at_mm(angle, radius) { return [radius * this.mm * Math.cos(angle), -radius * this.mm * Math.sin(angle)]; }
}
