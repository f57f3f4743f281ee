// SPDX-License-Identifier: MIT
// What Node.js does with a kernel: worker threads, child processes, UNIX sockets, timers, files,
// signals. Prints `ok NAME` for each part and `done`.
'use strict';
const assert = require('assert');
const cp = require('child_process');
const fs = require('fs');
const net = require('net');
const os = require('os');
const path = require('path');
const { Worker, isMainThread, parentPort, workerData } = require('worker_threads');

const dir = fs.mkdtempSync(path.join(os.tmpdir(), 'node-'));

function once(emitter, event) {
  return new Promise((resolve, reject) => {
    emitter.once(event, (...args) => resolve(args));
    emitter.once('error', reject);
  });
}

async function workers() {
  const shared = new SharedArrayBuffer(8);
  const counter = new Int32Array(shared);
  const pool = [...Array(4).keys()].map((n) => new Worker(__filename, { workerData: { n, shared } }));
  const sums = await Promise.all(pool.map(async (w) => {
    const [sum] = await once(w, 'message');
    await once(w, 'exit');
    return sum;
  }));
  assert.deepStrictEqual(sums, [0, 1, 2, 3].map((n) => n * 1000));
  assert.strictEqual(Atomics.load(counter, 0), 4000);
}

function worker() {
  const counter = new Int32Array(workerData.shared);
  let sum = 0;
  for (let i = 0; i < 1000; i++) {
    sum += workerData.n;
    Atomics.add(counter, 0, 1);
  }
  parentPort.postMessage(sum);
}

async function children() {
  const cat = cp.spawn('cat');
  let back = '';
  cat.stdout.on('data', (d) => { back += d; });
  cat.stdin.end('x'.repeat(200000));
  const [status] = await once(cat, 'close');
  assert.strictEqual(status, 0);
  assert.strictEqual(back.length, 200000);
  assert.strictEqual(cp.execSync('echo $((6 * 7))').toString(), '42\n');
  const sleeper = cp.spawn('sleep', ['100']);
  sleeper.kill('SIGTERM');
  assert.deepStrictEqual(await once(sleeper, 'exit'), [null, 'SIGTERM']);
  const fork = cp.fork(__filename, ['child']);
  fork.send({ question: 6 });
  assert.deepStrictEqual((await once(fork, 'message'))[0], { answer: 36 });
  assert.deepStrictEqual(await once(fork, 'exit'), [5, null]);
  await Promise.all([...Array(8).keys()].map((n) => new Promise((resolve) => {
    cp.execFile('sh', ['-c', `exit ${n}`], (e) => {
      assert.strictEqual(e ? e.code : 0, n);
      resolve();
    });
  })));
}

function child() {
  process.on('message', (m) => {
    process.send({ answer: m.question * m.question }, () => process.exit(5));
  });
}

async function sockets() {
  const name = path.join(dir, 'socket');
  const server = net.createServer((c) => c.pipe(c)).listen(name);
  await once(server, 'listening');
  await Promise.all([...Array(16).keys()].map(async (n) => {
    const c = net.connect(name);
    const text = String(n).repeat(5000 * (n + 1));
    let back = '';
    c.on('data', (d) => { back += d; });
    c.end(text);
    await once(c, 'close');
    assert.strictEqual(back, text);
  }));
  server.close();
  await once(server, 'close');
}

async function timers() {
  const start = process.hrtime.bigint();
  await Promise.all([...Array(30).keys()].map((ms) => new Promise((r) => setTimeout(r, ms))));
  assert(process.hrtime.bigint() - start >= 28000000n);
  let ticks = 0;
  await new Promise((resolve) => {
    const t = setInterval(() => { if (++ticks === 5) { clearInterval(t); resolve(); } }, 3);
  });
  await new Promise((resolve) => setImmediate(resolve));
}

async function files() {
  const name = path.join(dir, 'file');
  const text = 'line\n'.repeat(20000);
  await fs.promises.writeFile(name, text);
  assert.strictEqual(await fs.promises.readFile(name, 'utf8'), text);
  const to = fs.createWriteStream(name + '.copy');
  fs.createReadStream(name).pipe(to);
  await once(to, 'close');
  assert.strictEqual((await fs.promises.stat(name + '.copy')).size, text.length);
  await Promise.all([...Array(30).keys()].map(async (n) => {
    await fs.promises.writeFile(`${name}.${n}`, `${n}`);
    await fs.promises.rename(`${name}.${n}`, `${name}.${n}.new`);
  }));
  const watcher = fs.watch(dir);
  const change = once(watcher, 'change');
  setTimeout(() => fs.writeFileSync(path.join(dir, 'watched'), ''), 20);
  assert.strictEqual((await change)[1], 'watched');
  watcher.close();
  fs.rmSync(dir, { recursive: true });
}

async function signals() {
  const busy = setInterval(() => {}, 1000); // a signal handler alone does not keep Node running
  const hit = once(process, 'SIGUSR2');
  process.kill(process.pid, 'SIGUSR2');
  await hit;
  clearInterval(busy);
}

async function main() {
  for (const part of [workers, children, sockets, timers, files, signals]) {
    await part();
    console.log('ok', part.name);
  }
  console.log('done');
}

if (!isMainThread) {
  worker();
} else if (process.argv[2] === 'child') {
  child();
} else {
  main().catch((e) => { console.error(e); process.exit(1); });
}
