/** What a kernel uses of its machine, as `usage_reply` tells it; what could not be read is left out. */
export interface KernelUsage {
  /** CPU time of the kernel's processes since the last reading, as percent of one CPU. */
  readonly cpu?: number;
  /** Memory of the kernel's processes, in bytes. */
  readonly memory?: number;
  readonly host: {
    readonly cpuCount: number;
    /** Percent of all CPUs, since the last reading. */
    readonly cpuPercent?: number;
    /** Bytes. */
    readonly memory: {
      readonly total: number;
      readonly available: number;
      readonly free?: number;
      readonly active?: number;
      readonly inactive?: number;
    };
  };
}
