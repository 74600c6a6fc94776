// Graphics processors: what their drivers say in files, and what NVIDIA's says only through its own program.
import type { Measured } from "../measured.js";
import { mapMeasured, type System } from "./system.js";

/** One graphics processor. */
export interface Gpu {
  readonly name: string;
  /** Bytes. */
  readonly memory: Measured<number>;
  readonly memoryUsed: Measured<number>;
  /** Share of the time in which it had something to do, as its driver counts it. */
  readonly busy: Measured<number>;
}

/** Reads the graphics processors that are visible from here. */
export async function readGpus(system: System): Promise<Measured<readonly Gpu[]>> {
  if (system.platform !== "linux") return { missing: `not looked for on ${system.platform}` };
  const [driver, windowsDriver, cards] = await Promise.all([
    system.readDirectory("/proc/driver/nvidia"),
    system.readDirectory("/usr/lib/wsl/lib"),
    readAmdCards(system),
  ]);
  const onWindows = "value" in windowsDriver && windowsDriver.value.includes("nvidia-smi");
  if ("missing" in driver && !onWindows) {
    return cards.length > 0 ? { value: cards } : { missing: "no /proc/driver/nvidia, no card with amdgpu memory" };
  }
  const program = "missing" in driver ? "/usr/lib/wsl/lib/nvidia-smi" : "nvidia-smi";
  const answer = await system.run(program, [
    "--query-gpu=name,memory.total,memory.used,utilization.gpu",
    "--format=csv,noheader,nounits",
  ]);
  if ("value" in answer) return { value: [...parseNvidiaSmi(answer.value), ...cards] };
  const names = await readNvidiaNames(system);
  if (names.length === 0) return cards.length > 0 ? { value: cards } : answer;
  return { value: [...names.map((name) => ({ name, memory: answer, memoryUsed: answer, busy: answer })), ...cards] };
}

/** Reads what `nvidia-smi` prints: name, MiB, MiB, percent. */
export function parseNvidiaSmi(csv: string): readonly Gpu[] {
  return csv.split("\n").flatMap((line) => {
    const fields = line.split(",").map((field) => field.trim());
    const [name, total = "", used = "", busy = ""] = fields;
    if (fields.length < 4 || name === undefined || name === "") return [];
    const figure = (text: string, unit: number): Measured<number> =>
      /^\d+(\.\d+)?$/.test(text) ? { value: Number(text) * unit } : { missing: `nvidia-smi says "${text}"` };
    const percent = mapMeasured(figure(busy, 1), (value) => ({ value: value / 100 }));
    return [{ name, memory: figure(total, 1024 ** 2), memoryUsed: figure(used, 1024 ** 2), busy: percent }];
  });
}

async function readNvidiaNames(system: System): Promise<readonly string[]> {
  const directory = "/proc/driver/nvidia/gpus";
  const gpus = await system.readDirectory(directory);
  if ("missing" in gpus) return [];
  const texts = await Promise.all(gpus.value.map((gpu) => system.readText(`${directory}/${gpu}/information`)));
  return texts.flatMap((text) => ("value" in text ? (/^Model:\s+(.+)$/m.exec(text.value)?.[1] ?? []) : []));
}

async function readAmdCards(system: System): Promise<readonly Gpu[]> {
  const names = await system.readDirectory("/sys/class/drm");
  const cards = "value" in names ? names.value.filter((name) => /^card\d+$/.test(name)) : [];
  const found = await Promise.all(
    cards.map(async (card): Promise<readonly Gpu[]> => {
      const directory = `/sys/class/drm/${card}/device`;
      const number = async (file: string): Promise<Measured<number>> => {
        const text = await system.readText(`${directory}/${file}`);
        if ("missing" in text) return text;
        return /^\d+\s*$/.test(text.value)
          ? { value: Number(text.value) }
          : { missing: `${directory}/${file} holds no number` };
      };
      const memory = await number("mem_info_vram_total");
      if ("missing" in memory) return [];
      return [
        {
          name: `AMD ${card}`,
          memory,
          memoryUsed: await number("mem_info_vram_used"),
          busy: mapMeasured(await number("gpu_busy_percent"), (value) => ({ value: value / 100 })),
        },
      ];
    }),
  );
  return found.flat();
}
