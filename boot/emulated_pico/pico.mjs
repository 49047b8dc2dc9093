// A Raspberry Pi Pico in an emulator (rp2040js), driven from outside in model time: one JSON line in, one out.
//   node pico.mjs RP2040JS FIRMWARE.BIN [FLASH.BIN]
//   in:  us to run, pins {gpio: level}, trains {gpio: half period in us, 0 to end it}, adc {channel: 12 bits},
//        shunt (register of the current sensor; null: it does not answer), usb, uart (text), save (file for the flash)
//   out: us since the start, usb, uart, out (levels of the outputs), changes [us, gpio, level], fed (the watchdog, us),
//        resets, erases, counts (X of the three counters)
// The boot ROM is not the maker's: its table is (RP2040 datasheet 2.8.3), what it leads to is done here.
import fs from 'node:fs';
import readline from 'node:readline';

const [library, image, flashFile] = process.argv.slice(2);
const { RP2040, USBCDC, ConsoleLogger, LogLevel } = await import(library);
const CYCLE_NS = 8, CALL_CYCLES = 70; // of a function of the ROM: about what its floating point takes
const SECTOR_MS = 45, PAGE_MS = 0.4; // W25Q16JV: erase 4 KB, program 256 bytes
const BYTE_US = 87; // of a line of 115 200 baud
const OUTPUTS = [2, 3, 4], SLICE = 0x4000;
const mcu = new RP2040();
mcu.logger = new ConsoleLogger(LogLevel.Error, false);
const core = mcu.core, clock = mcu.clock, R = core.registers;
if (flashFile) mcu.flash.set(fs.readFileSync(flashFile));
mcu.flash.set(fs.readFileSync(image));
const said = { usb: '', uart: '', changes: [], fed: [] };
const count = { resets: 0, erases: 0 };
const nowUs = () => Math.round(clock.nanos / 1000);

// --- ROM: code of two letters -> where it lies; each is one word that is never executed ------------------------------
const rom = new DataView(mcu.bootrom.buffer);
const single = new Float32Array(1), bits = new Uint32Array(single.buffer);
const f = (register) => { bits[0] = R[register]; return single[0]; };
const give = (value) => { R[0] = value >>> 0; };
const giveF = (value) => { single[0] = value; R[0] = bits[0]; };
const wide = () => BigInt.asIntN(64, (BigInt(R[1]) << 32n) | BigInt(R[0]));
const giveWide = (value) => { R[0] = Number(BigInt.asUintN(32, value)); R[1] = Number(BigInt.asUintN(32, value >> 32n)); };
const within = (value, low, high) => (Number.isNaN(value) ? 0 : Math.min(Math.max(Math.floor(value), low), high));
const order = () => (f(0) < f(1) ? -1 : f(0) > f(1) ? 1 : 0);
const flags = () => { const to = order(); [core.N, core.Z, core.C, core.V] = [to < 0, to === 0, to >= 0, false]; };
const toInt = (scale) => give(within(f(0) * scale, -2147483648, 2147483647));
const toUint = (scale) => give(within(f(0) * scale, 0, 4294967295));
const FLOATS = [ // in the order of the table 'SF' (pico-sdk, pico/bootrom/sf_table.h); null: nothing here calls it
  () => giveF(f(0) + f(1)), () => giveF(f(0) - f(1)), () => giveF(f(0) * f(1)), () => giveF(f(0) / f(1)),
  () => give(order()), flags, () => giveF(Math.sqrt(f(0))),
  () => toInt(1), () => toInt(2 ** R[1]), () => toUint(1), () => toUint(2 ** R[1]),
  () => giveF(R[0] | 0), () => giveF((R[0] | 0) / 2 ** R[1]), () => giveF(R[0]), () => giveF(R[0] / 2 ** R[1]),
  () => giveF(Math.cos(f(0))), () => giveF(Math.sin(f(0))), () => giveF(Math.tan(f(0))), null,
  () => giveF(Math.exp(f(0))), () => giveF(Math.log(f(0))), () => give(order()), () => giveF(Math.atan2(f(0), f(1))),
  () => giveF(Number(wide())), null, () => giveF(Number(BigInt.asUintN(64, wide()))), null,
  () => giveWide(BigInt(Math.floor(f(0)))), null, () => giveWide(BigInt(Math.floor(f(0)))), null, null,
];
const fill = () => { for (let at = 0; at < R[2]; at++) mcu.writeUint8(R[0] + at, R[1] & 255); };
const copy = () => { for (let at = 0; at < R[2]; at++) mcu.writeUint8(R[0] + at, mcu.readUint8(R[1] + at)); };
const nothing = () => {};
const FUNCTIONS = {
  MS: fill, S4: fill, MC: copy, C4: copy, IF: nothing, EX: nothing, FC: nothing, CX: nothing,
  P3: () => { let ones = 0; for (let left = R[0]; left; left &= left - 1) ones++; give(ones); },
  L3: () => give(Math.clz32(R[0])), T3: () => give(R[0] ? 31 - Math.clz32(R[0] & -R[0]) : 32),
  R3: () => { let out = 0; for (let at = 0; at < 32; at++) out = (out << 1) | ((R[0] >>> at) & 1); give(out); },
  RE: () => { count.erases += R[1] / 4096; mcu.flash.fill(0xff, R[0], R[0] + R[1]); clock.tick(R[1] / 4096 * SECTOR_MS * 1e6); },
  RP: () => { for (let at = 0; at < R[2]; at++) mcu.flash[R[0] + at] &= mcu.readUint8(R[1] + at); clock.tick(R[2] / 256 * PAGE_MS * 1e6); },
  UB: null,
};
const calls = new Map(), places = new Map();
let free = 0x400;
const place = (name, run) => { calls.set(free, [name, run]); free += 4; return (free - 4) | 1; };
const codeOf = (name) => name.charCodeAt(0) | name.charCodeAt(1) << 8;
for (const [name, run] of Object.entries(FUNCTIONS)) places.set(codeOf(name), place(name, run));
FLOATS.forEach((run, at) => rom.setUint32(0x200 + 4 * at, place(`single ${at}`, run), true));
FLOATS.forEach((_, at) => rom.setUint32(0x300 + 4 * at, place(`double ${at}`, null), true));
places.set(codeOf('SF'), 0x200).set(codeOf('SD'), 0x300);
const look = place('lookup', () => give(places.get(R[1] & 0xffff) ?? 0));
[0x4d, 0x75, 0x01, 0x03].forEach((byte, at) => rom.setUint8(0x10 + at, byte)); // 'Mu', 1, version 3
[0x100, 0x102, look].forEach((word, at) => rom.setUint16(0x14 + 2 * at, word, true));

// --- what is around it ----------------------------------------------------------------------------------------------
const uart = mcu.uart[0];
uart.onByte = (byte) => { said.uart += String.fromCharCode(byte); };
uart.checkInterrupts = () => { // rp2040js holds the transmitter's for ever; here each byte is gone at once
  uart.interruptStatus &= ~0x20;
  mcu.setInterrupt(uart.irq, !!(uart.interruptStatus & uart.interruptMask));
};
for (const gpio of OUTPUTS) mcu.gpio[gpio].addListener((level) => said.changes.push([nowUs(), gpio, level]));
let shunt = 1000, told = [], answer = [], register = 0;
const bus = mcu.i2c[1];
bus.onStart = () => { told = []; bus.completeStart(); };
bus.onConnect = (address, mode) => {
  const word = { 0: 0x4325, 1: shunt & 0xffff, 0xfe: 0x5449 }[register] ?? 0;
  answer = [word >> 8, word & 255];
  bus.completeConnect(shunt !== null && address === 0x40);
};
bus.onWriteByte = (byte) => { if (told.push(byte) === 1) register = byte; bus.completeWrite(true); };
bus.onReadByte = () => bus.completeRead(answer.shift() ?? 0xff);
bus.onStop = () => bus.completeStop();
const watchdog = mcu.peripherals[0x40058], write = watchdog.writeUint32.bind(watchdog);
let bitten = false, usb = null;
watchdog.writeUint32 = (offset, value) => { if (offset === 4) said.fed.push(nowUs()); write(offset, value); };
watchdog.onWatchdogTrigger = () => { bitten = true; };
for (const pio of mcu.pio) pio.run = nothing; // stepped below, in step with all the rest
const stepCounters = (times) => { for (; times; times--) for (const machine of mcu.pio[0].machines) if (machine.enabled) machine.step(); };

function start() { // as after a reset: whatever was driven is let go
  Object.assign(core, { PM: false, IPSR: 0, pendingInterrupts: 0, enabledInterrupts: 0, waiting: false, VTOR: 0x10000100,
    pendingPendSV: false, pendingSystick: false, pendingSVCall: false, SPSEL: 0, currentMode: 0, LR: 0xffffffff });
  core.SP = mcu.readUint32(core.VTOR);
  core.PC = mcu.readUint32(core.VTOR + 4) & ~1;
  for (const pin of mcu.gpio) Object.assign(pin, { ctrl: 0x1f, padValue: 0b0110110 });
  Object.assign(mcu.sio, { gpioOutputEnable: 0, gpioValue: 0 });
  for (const pin of mcu.gpio) pin.checkForUpdates();
  for (const part of [watchdog, watchdog.timer, watchdog.alarm]) part.enable = false;
  for (const machine of mcu.pio[0].machines) Object.assign(machine, { enabled: false, x: 0, pc: 0, waiting: false });
  mcu.pio[0].instructions.fill(0);
  bitten = false;
  usb = new USBCDC(mcu.usbCtrl);
  usb.onSerialData = (data) => { said.usb += Buffer.from(data).toString('latin1'); };
}

// --- time -----------------------------------------------------------------------------------------------------------
const trains = new Map(), typed = [], sent = [];
let byteAt = 0;
function edges() {
  for (const [gpio, train] of trains) {
    for (; train.at <= clock.nanos; train.at += train.half) {
      train.level = !train.level;
      mcu.gpio[gpio].setInputValue(train.level);
      stepCounters(8);
    }
  }
}
function one(until) {
  const called = (core.PC & ~1) < SLICE ? calls.get(core.PC & ~1) : undefined;
  if (called?.[1]) {
    called[1]();
    core.PC = core.LR & ~1;
    clock.tick(CALL_CYCLES * CYCLE_NS);
  } else if ((core.PC & ~1) < SLICE) {
    throw new Error(`the ROM has nothing at ${core.PC.toString(16)} (${called?.[0]})`);
  } else if (core.waiting) {
    clock.tick(Math.max(Math.min(clock.nanosToNextAlarm || 1000, until - clock.nanos), CYCLE_NS));
  } else {
    clock.tick(core.executeInstruction() * CYCLE_NS);
  }
}
function run(us) {
  const end = clock.nanos + us * 1000;
  for (let turn = 0; clock.nanos < end; turn++) {
    const next = Math.min(end, ...[...trains.values()].map((train) => train.at));
    if (clock.nanos >= next) edges();
    if (bitten) { count.resets++; start(); }
    one(next);
    if (typed.length && usb.txFIFO.itemCount < 400) usb.sendSerialByte(typed.shift());
    if (sent.length && clock.nanos >= byteAt) {
      uart.feedByte(sent.shift());
      byteAt = clock.nanos + BYTE_US * 1000;
    }
    if (turn % 32 === 0) stepCounters(1);
  }
}
function obey(asked) {
  for (const [gpio, level] of Object.entries(asked.pins ?? {})) { mcu.gpio[gpio].setInputValue(!!level); stepCounters(8); }
  for (const [channel, value] of Object.entries(asked.adc ?? {})) mcu.adc.channelValues[channel] = value;
  for (const [gpio, us] of Object.entries(asked.trains ?? {})) {
    if (us) trains.set(gpio, { half: us * 1000, at: clock.nanos + us * 1000, level: false });
    else trains.delete(gpio);
  }
  if ('shunt' in asked) shunt = asked.shunt;
  for (const char of asked.usb ?? '') typed.push(char.charCodeAt(0));
  for (const char of asked.uart ?? '') sent.push(char.charCodeAt(0));
  run(asked.us ?? 0);
  if (asked.save) fs.writeFileSync(asked.save, mcu.flash.subarray(0, 2 << 20));
}

start();
for await (const line of readline.createInterface({ input: process.stdin })) {
  let error = '';
  try { obey(JSON.parse(line)); } catch (caught) { error = String(caught.stack); }
  const out = OUTPUTS.map((gpio) => mcu.gpio[gpio].value), counts = mcu.pio[0].machines.slice(0, 3).map((machine) => machine.x >>> 0);
  console.log(JSON.stringify({ us: nowUs(), ...said, ...count, out, counts, error }));
  Object.assign(said, { usb: '', uart: '', changes: [], fed: [] });
}
