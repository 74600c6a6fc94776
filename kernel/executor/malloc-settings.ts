/**
 * Settings of glibc's allocator for the executor; docs/decisions/malloc-settings.md has the measurements. Other
 * allocators ignore them.
 */
export const mallocSettings: Readonly<Record<string, string>> = {
  MALLOC_ARENA_MAX: "2",
  MALLOC_MMAP_THRESHOLD_: "1048576",
  MALLOC_TRIM_THRESHOLD_: "131072",
};
