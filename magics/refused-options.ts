// Options that people know from profilers of Python and that make no sense here, each with what to use instead.

const children = "-c counts child processes, and tells worker threads apart.";
const bounded = "nothing is logged; what is kept is bounded whatever the code does.";
const live =
  "the report is live in the notebook while the code runs, and `cellscope top` shows a kernel in a terminal.";
const noPython = "there is no Python here; V8's heap, ArrayBuffers and native memory are always told apart.";
const oneSampling = "memory is not sampled by allocated bytes; -i sets the time between samples of the timeline.";
const cpu = "CPU time is in every report, and by line with --lines.";
const everything = "stacks go through packages as they are; -f FUNCTION looks at the lines of single functions.";
const page = "--output FILE.html writes a page that needs no browser to be opened and no network.";

/** Those of `%memprofile`, as they are written. */
export const refusedByMemprofile: Readonly<Record<string, string>> = {
  // memray
  "--trace-python-allocators": noPython,
  "--follow-fork": children,
  "--split-threads": children,
  "--aggregate": bounded,
  "--max-memory-records": bounded,
  "--buffered-file-io": bounded,
  "--live": live,
  "--live-remote": live,
  "--live-port": live,
  "--temporary-allocation-threshold":
    "--temporary-allocations tells for each function how much of what it allocated was gone after the code.",
  "--force": "a file that is there is replaced.",
  "--no-web": page,
  "-n": "tables show the largest and sum up the others; -r N repeats the code.",
  // memory_profiler
  "--include-children": children,
  "--multiprocess": children,
  "-M": children,
  "-C": children,
  "--backend": "on Linux the peak is the one that the system keeps, exact whatever samples see.",
  "--pdb-mmem": "--max-peak SIZE fails the code that takes more; nothing stops in the middle of it.",
  // Fil
  "--no-browser": page,
  "--disable-oom-detection": "code that runs out of memory ends its process, never the kernel, and is told why.",
  // Scalene
  "--cpu-only": cpu,
  "--cpu": cpu,
  "--cpu-percent-threshold": cpu,
  "--cpu-sampling-rate": cpu,
  "--gpu": "GPUs are shown by %sysinfo.",
  "--memory": "memory is what it measures.",
  "--stacks": "stacks are kept unless --no-stacks says otherwise.",
  "--no-async": "code that awaits is measured as it is, running and waiting told apart.",
  "--profile-all": everything,
  "--profile-only": everything,
  "--profile-exclude": everything,
  "--profile-interval": oneSampling,
  "--use-virtual-time": cpu,
  "--allocation-sampling-window": oneSampling,
  "--malloc-threshold": oneSampling,
  "--memory-leak-detector": "--leaks shows what stayed, and with --repeat N whether it grows.",
  "--html": page,
  "--cli": "the report is text too, in logs and terminals.",
  "--web": page,
  "--outfile": "--output FILE writes the measurement, by the extension of the file.",
};

const allLines = "all lines are shown; those that cost nothing to speak of are quiet.";

/** Those of `%mprun` and `%lprun`. */
export const refusedByMprun: Readonly<Record<string, string>> = {
  "-c": "lines are those of the process of the cells; %memprofile -c counts child processes and worker threads.",
  "-m": "-f takes functions that cells define; put the code of a module into a cell to look at its lines.",
  "--module": "-f takes functions that cells define; put the code of a module into a cell to look at its lines.",
  "-s": allLines,
  "-z": allLines,
  "--skip-zero": allLines,
  "-u": "times are shown in the unit that fits them, and are milliseconds in what -o gives.",
  "--unit": "times are shown in the unit that fits them, and are milliseconds in what -o gives.",
  "-t": "the table of lines has memory and time side by side.",
};
