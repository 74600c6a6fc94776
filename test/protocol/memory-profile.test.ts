// Real memory of a real process, samples over a real socket: what the profiler says of cells whose cost is known.
import { createRequire } from "node:module";
import { tableFromIPC } from "apache-arrow";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { Subscriber } from "zeromq";
import type { KernelProbe } from "../../profiler/kernel-probe.js";
import { type MemoryProfile, profileMemory } from "../../profiler/memory-profile.js";
import { functionsOf, type PeakHolders } from "../../profiler/peak-holders.js";
import { subscribeToSamples } from "../../profiler/sample-socket.js";
import { encodeSampleTable } from "../../profiler/sample-table.js";
import { readClock, type Sampler, startSampler } from "../../profiler/sampler.js";
import { startWatchedProcess, type WatchedProcess } from "../support/watched-process.js";

const MiB = 1024 ** 2;
const { resolve } = createRequire(import.meta.url);
const heapProfilerPath = resolve("@datadog/pprof/out/src/heap-profiler.js");
const ffiPath = resolve("koffi");

describe.runIf(process.platform === "linux")("a measured cell", () => {
  let watched: WatchedProcess;
  let sampler: Sampler;

  beforeAll(async () => {
    watched = await startWatchedProcess();
    sampler = await startSampler(watched);
  });

  afterAll(async () => {
    await sampler?.close();
    await watched?.close();
  });

  function probeOf({ executor, cellWatchPath }: WatchedProcess, endpoint: string): KernelProbe {
    const processes = () => [{ role: "executor" as const, pid: executor.pid() ?? 0 }];
    return { processes, samplesEndpoint: async () => endpoint, cellWatchPath, heapProfilerPath, ffiPath };
  }

  function measure(body: string, run = watched.run) {
    return measureIn(watched, sampler, body, run);
  }

  async function measureIn(process: WatchedProcess, itsSampler: Sampler, body: string, run = process.run) {
    const probe = probeOf(process, itsSampler.endpoint);
    const { outcome, profile, samples, began } = await profileMemory(probe, (watch) =>
      run(body, watch).then(
        () => "ok",
        (error: Error) => error.message,
      ),
    );
    if (profile === undefined || "missing" in profile) throw new Error(profile?.missing ?? "The cell did not run.");
    return { outcome, profile: profile.value, samples, began };
  }

  /** Measures in a process in which nothing has run. */
  async function inFreshProcess<T>(
    use: (measureFresh: (body: string) => Promise<MemoryProfile>) => Promise<T>,
  ): Promise<T> {
    const fresh = await startWatchedProcess();
    const itsSampler = await startSampler(fresh);
    try {
      return await use(async (body) => (await measureIn(fresh, itsSampler, body)).profile);
    } finally {
      await itsSampler.close();
      await fresh.close();
    }
  }

  function holdersOf({ holders }: MemoryProfile): PeakHolders {
    if (holders === undefined || "missing" in holders) throw new Error(holders?.missing ?? "No stacks were kept.");
    return holders.value;
  }

  /** MiB in the heap and off it by the name of the function that allocated them. */
  function heldBy(profile: MemoryProfile): Readonly<Record<string, readonly [heap: number, offHeap: number]>> {
    const functions = functionsOf(holdersOf(profile));
    return Object.fromEntries(
      functions.map(({ frame, heap, offHeap }) => [frame?.name ?? "-", [heap / MiB, offHeap / MiB]]),
    );
  }

  /** What must hold of every exact profile. */
  function expectSound({ baseline, peak, end, kept, timeline, heapPeak = 0 }: MemoryProfile) {
    expect(peak.exact).toBe(true);
    expect(peak.rss).toBeGreaterThanOrEqual(Math.max(baseline.rss, end?.rss ?? 0));
    expect(heapPeak).toBeGreaterThanOrEqual(end?.heap?.heapUsed ?? 0);
    for (const { rss } of timeline) expect(rss).toBeLessThanOrEqual(peak.rss);
    for (const { heap } of [baseline, ...timeline, end, kept].filter((moment) => moment !== undefined)) {
      if (heap !== undefined) expect(heap.heapUsed).toBeLessThanOrEqual(heap.heapTotal);
    }
  }

  test.each([20, 100])("that touches %d MiB for a moment has this increment and keeps nothing", async (size) => {
    const { profile } = await measure(`const held = Buffer.alloc(${size} * 1048576, 1); held.at(-1);`);
    expectSound(profile);
    expect(Math.abs(profile.increment / MiB - size)).toBeLessThan(2);
    expect(Math.abs((profile.kept?.rss ?? 0) - profile.baseline.rss)).toBeLessThan(3 * MiB);
  });

  test("that takes what malloc has kept of earlier buffers costs as much as one that does not", async () => {
    // Under the size from which a block is a mapping of its own; every tenth stays, so that there are holes between.
    const fill = "Array.from({ length: 400 }, () => Buffer.alloc(900_000, 1)).filter((_, index) => index % 100 === 99)";
    await watched.run(`globalThis.holes = ${fill}; for (let i = 0; i < 3; i++) globalThis.gc?.();`);
    const { profile } = await measure("globalThis.taken = Buffer.alloc(60 * 1048576, 1)");
    expectSound(profile);
    expect(Math.abs(profile.increment / MiB - 60)).toBeLessThan(2);
    await watched.run("globalThis.holes = globalThis.taken = undefined");
  });

  test("that keeps a buffer keeps it among the ArrayBuffers", async () => {
    const { profile } = await measure("globalThis.kept = Buffer.alloc(30 * 1048576, 1)");
    expectSound(profile);
    const grown = (profile.kept?.heap?.arrayBuffers ?? 0) - (profile.baseline.heap?.arrayBuffers ?? 0);
    expect(Math.abs(grown / MiB - 30)).toBeLessThan(0.1);
    await watched.run("globalThis.kept = undefined");
  });

  test("that makes much garbage and keeps none of it has kept nothing, though V8 keeps its nursery", async () => {
    const kept = await inFreshProcess(async (measureFresh) => {
      const found: number[] = [];
      for (let run = 0; run < 5; run++) {
        const profile = await measureFresh(
          "let n = 0; for (let round = 0; round < 4; round++) { const rows = []; for (let i = 0; i < 200_000; i++) rows.push({ i, parts: [i] }); n += rows.length; } return n;",
        );
        expect(profile.increment).toBeGreaterThan(10 * MiB);
        expect(Math.abs((profile.kept?.heap?.heapTotal ?? 0) - (profile.baseline.heap?.heapTotal ?? 0))).toBeLessThan(
          4 * MiB,
        );
        found.push(Math.abs((profile.kept?.rss ?? 0) - profile.baseline.rss));
      }
      return found;
    });
    // The median: on a busy machine one run in forty has 2 MiB that a helper thread of V8's had not given back yet.
    expect(kept.toSorted((one, other) => one - other)[2], `${kept}`).toBeLessThan(MiB);
  });

  test("in which V8's nursery grows tells so, and one that makes nothing does not", async () => {
    const grow = "const rows = []; for (let i = 0; i < 200_000; i++) rows.push({ i, parts: [i] }); rows.length;";
    const growths = await inFreshProcess(async (measureFresh) => [
      (await measureFresh(grow)).nurseryGrowth,
      (await measureFresh("Buffer.alloc(30 * 1048576, 1).length")).nurseryGrowth,
    ]);
    expect(growths[0]).toBeGreaterThan(4 * MiB);
    expect(growths[1]).toBeUndefined();
  });

  test("that fills the heap shows it in the heap, with the collections that it took", async () => {
    const { profile } = await measure(
      "const rows = []; for (let i = 0; i < 400_000; i++) rows.push({ i, text: 'row ' + i }); rows.length",
    );
    expectSound(profile);
    expect((profile.heapPeak ?? 0) - (profile.baseline.heap?.heapUsed ?? 0)).toBeGreaterThan(20 * MiB);
    expect(profile.collections?.minor?.count).toBeGreaterThan(0);
    for (const { time, pause } of profile.pauses) {
      expect(time).toBeGreaterThanOrEqual(0);
      expect(time + pause).toBeLessThanOrEqual(profile.duration + 1);
    }
  });

  test("is seen from inside and from outside while it blocks its thread", async () => {
    const { profile, samples, began } = await measure(
      "const until = Date.now() + 400; let held = []; while (Date.now() < until) if (held.length < 1e5) held.push([held.length]);",
    );
    expectSound(profile);
    expect(samples.filter(({ heapUsed }) => heapUsed > 0).length).toBeGreaterThan(1);
    const table = tableFromIPC(await encodeSampleTable(samples, began));
    expect(table.numRows).toBe(samples.length);
    const times = samples.map(({ time }) => time);
    expect(times).toEqual(times.toSorted((a, b) => a - b));
  });

  test("names the function that filled the heap", async () => {
    const { profile } = await measure(
      `function parse() { const rows = []; for (let i = 0; i < 300_000; i++) rows.push({ i, text: "row " + i }); return rows; }
       function other() { return Array.from({ length: 1000 }, (_, i) => ({ i })); }
       const rows = parse(); other(); return rows.length;`,
    );
    const [first] = functionsOf(holdersOf(profile));
    expect(first?.frame).toEqual({ name: "parse", file: `In[${watched.cells()}]`, line: 1 });
    expect((first?.heap ?? 0) / MiB).toBeGreaterThan(15);
    expect(first?.caller).toMatchObject({ name: "", line: 0 });
  });

  test("names the function of a buffer that lived for a moment between two samples", async () => {
    const { profile } = await measure(
      "function spike() { return Buffer.alloc(60 * 1048576, 1).length; } function later() { let s = 0; for (let i = 0; i < 1e7; i++) s += i; return s; } spike(); later();",
    );
    const { spike } = heldBy(profile);
    expect(spike?.[1]).toBeCloseTo(60, 0);
    expect(holdersOf(profile).stacks.reduce((sum, { uncertain }) => sum + uncertain, 0)).toBe(0);
  });

  test("names the functions of typed arrays, with helpers told from their callers", async () => {
    const { profile } = await measure(
      "const make = (n) => new Float64Array(n); function column(n) { return make(n).fill(1); } const a = column(2e6); const b = new Uint8Array(4e6).fill(1); return a.length + b.length;",
    );
    const held = heldBy(profile);
    expect(held.make?.[1]).toBeCloseTo((2e6 * 8) / MiB, 0);
    // The cell's own code has no name.
    expect(held[""]?.[1]).toBeCloseTo(4e6 / MiB, 0);
  });

  test("says what a hot loop of small buffers holds, as uncertain", async () => {
    const { profile } = await measure(
      "function one() { return new Uint8Array(2048).fill(1); } const keep = []; for (let i = 0; i < 20_000; i++) keep.push(one()); return keep.length;",
    );
    const { one } = heldBy(profile);
    expect(one?.[1]).toBeGreaterThan(30);
  });

  test("tells what was allocated, collected or not", async () => {
    const { profile } = await measure(
      "let kept; for (let i = 0; i < 2_000_000; i++) kept = { i, j: [i] }; return kept;",
    );
    // 2,000,000 times an object of 28 to 40 bytes and a list of 32 to 56.
    expect((profile.allocated?.heap ?? 0) / MiB).toBeGreaterThan(90);
    expect((profile.allocated?.heap ?? 0) / MiB).toBeLessThan(260);
  });

  test("tells running from waiting", async () => {
    const { profile } = await measure(
      "await new Promise((done) => setTimeout(done, 150)); const until = Date.now() + 100; while (Date.now() < until);",
    );
    const { active = 0, idle = 0, running = 0 } = profile.time ?? {};
    expect(idle).toBeGreaterThan(100);
    expect(active).toBeGreaterThan(90);
    expect(running).toBeGreaterThan(0);
    expect(running).toBeLessThanOrEqual(profile.duration + 5);
  });

  test("is told of while it runs, also when it never yields", async () => {
    const seen: MemoryProfile[] = [];
    const probe = probeOf(watched, sampler.endpoint);
    await profileMemory(
      probe,
      (watch) =>
        watched.run(
          "const held = Buffer.alloc(40 * 1048576, 1); const until = Date.now() + 600; while (Date.now() < until); held.at(-1);",
          watch,
        ),
      { onProgress: (profile) => seen.push(profile) },
    );
    expect(seen.length).toBeGreaterThan(1);
    expect(Math.max(...seen.map(({ peak }) => peak.rss))).toBeGreaterThan(40 * MiB);
    expect(seen.every(({ peak }) => !peak.exact)).toBe(true);
  });

  test("has stacks without the native profiler too, and says that they may be late", async () => {
    const { heapProfilerPath: _, ...probe } = probeOf(watched, sampler.endpoint);
    const { profile } = await profileMemory(probe, (watch) =>
      watched.run(
        "function fill() { const rows = []; for (let i = 0; i < 200_000; i++) rows.push({ i, t: 'x' + i }); return rows; } const r = fill(); return r.length;",
        watch,
      ),
    );
    if (profile === undefined || "missing" in profile) throw new Error(profile?.missing ?? "The cell did not run.");
    expect(holdersOf(profile.value).notes).toEqual([
      "Stacks at the peak may be late: the package @datadog/pprof is not installed.",
    ]);
  });

  test("counts its child processes when it is asked to", async () => {
    const child = `const held = Buffer.alloc(60 * 1048576, 1); Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 400); held.at(-1)`;
    const { profile } = await profileMemory(
      probeOf(watched, sampler.endpoint),
      (watch) =>
        watched.run(
          `const { spawn } = await import("node:child_process");
           await new Promise((done) => spawn(process.execPath, ["-e", ${JSON.stringify(child)}]).on("exit", done));`,
          watch,
        ),
      { children: true },
    );
    if (profile === undefined || "missing" in profile) throw new Error(profile?.missing ?? "The cell did not run.");
    const { increment, peak, baseline, end, kept } = profile.value;
    expect(increment).toBeGreaterThan(60 * MiB);
    expect(peak.exact).toBe(false);
    expect(peak.children).toBeGreaterThan(60 * MiB);
    expect([baseline, end, kept].map((moment) => moment?.children)).toEqual([undefined, undefined, undefined]);
  });

  test("that waits for a child process shows the child's memory beside its own", async () => {
    // Held until after the wait: V8 may collect it otherwise.
    const child = `const held = Buffer.alloc(60 * 1048576, 1); Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 400); held.at(-1)`;
    const { samples } = await measure(
      `const { spawn } = await import("node:child_process");
       await new Promise((done) => spawn(process.execPath, ["-e", ${JSON.stringify(child)}]).on("exit", done));`,
    );
    expect(Math.max(...samples.map(({ childrenRss }) => childrenRss || 0))).toBeGreaterThan(60 * MiB);
  });

  test("that throws is measured all the same", async () => {
    const { outcome, profile } = await measure(
      "globalThis.held = Buffer.alloc(20 * 1048576, 1); throw new Error('no')",
    );
    expect(outcome).toBe("Error: no");
    expect(profile.increment).toBeGreaterThan(19 * MiB);
    await watched.run("globalThis.held = undefined");
  });

  test("is measured without a timeline when nobody publishes samples", async () => {
    const probe = probeOf(watched, "tcp://127.0.0.1:9");
    const { profile } = await profileMemory(probe, (watch) =>
      watched.run("Buffer.alloc(20 * 1048576, 1).length", watch),
    );
    if (profile === undefined || "missing" in profile) throw new Error(profile?.missing ?? "The cell did not run.");
    expect(profile.value.increment).toBeGreaterThan(19 * MiB);
    expect(profile.value.notes).toEqual([
      "No timeline: The samples at tcp://127.0.0.1:9 did not answer within 2000 ms.",
    ]);
  });

  test("whose process ends is told from its samples", async () => {
    const dying = await startWatchedProcess();
    const itsSampler = await startSampler(dying);
    try {
      const probe = probeOf(dying, itsSampler.endpoint);
      const { outcome, profile } = await profileMemory(probe, (watch) =>
        dying
          .run(
            "const held = Buffer.alloc(50 * 1048576, 1); await new Promise((r) => setTimeout(r, 200)); process.exit(held[0] + 2)",
            watch,
          )
          .catch((error: Error) => error.message),
      );
      if (profile === undefined || "missing" in profile) throw new Error(profile?.missing ?? "The cell did not run.");
      expect(outcome).toBe("The process ended: 3.");
      expect(profile.value.peak.exact).toBe(false);
      expect(profile.value.increment).toBeGreaterThan(45 * MiB);
      expect(profile.value.notes).toEqual([
        "From samples alone: the process that ran the cell ended before it could be read.",
      ]);
    } finally {
      await itsSampler.close();
      await dying.close();
    }
  });

  test("that never ran has no profile", async () => {
    const { profile, samples, outcome } = await profileMemory(probeOf(watched, sampler.endpoint), async () => "no");
    expect([profile, samples, outcome]).toEqual([undefined, [], "no"]);
  });

  test("leaves nothing behind on the global object", async () => {
    await measure("1");
    await expect(
      watched.run(
        "for (const name of ['memory', 'allocation']) if (Symbol.for('cellscope.' + name) in globalThis) throw new Error('still there')",
      ),
    ).resolves.toBeUndefined();
  });

  test("a late subscriber is sent the newest samples first", async () => {
    const before = readClock();
    await watched.run("await new Promise((done) => setTimeout(done, 150))");
    const subscription = await subscribeToSamples(sampler.endpoint, { recent: 1000 });
    try {
      expect(subscription.series.between(before, readClock()).length).toBeGreaterThan(2);
      expect(await subscription.reach(readClock() + 1e9, 20)).toBe(false);
    } finally {
      await subscription.close();
    }
  });

  test("samples come in one frame a second to whoever wants them in bulk, and none is missing", async () => {
    const frames = { samples: 0, bulk: 0 };
    const subscriptions = await Promise.all(
      (["samples", "bulk"] as const).map((feed) =>
        subscribeToSamples(sampler.endpoint, { feed, onFrame: () => (frames[feed] += 1) }),
      ),
    );
    try {
      const began = readClock();
      await watched.run("await new Promise((done) => setTimeout(done, 900))");
      const ended = readClock();
      const reached = await Promise.all(subscriptions.map(({ reach }) => reach(ended, 2000)));
      expect(reached).toEqual([true, true]);
      const [often, seldom] = subscriptions.map(({ series }) => series.between(began, ended).map(({ time }) => time));
      expect(seldom).toEqual(often);
      expect(often?.length).toBeGreaterThan(10);
      expect(frames.bulk).toBeLessThan(frames.samples);
    } finally {
      await Promise.all(subscriptions.map(({ close }) => close()));
    }
  });

  test("garbage on the socket disturbs nobody", async () => {
    const socket = new Subscriber({ linger: 0 });
    socket.connect(sampler.endpoint);
    for (const topic of ["", "every/x", "recent/99999999999/a", "recent/-1/b", "\u0000\uffff"]) socket.subscribe(topic);
    try {
      const { profile } = await measure("1");
      expectSound(profile);
    } finally {
      socket.close();
    }
  });
});
