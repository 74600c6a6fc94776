// Who may import whom. The rooms and the reasons are in docs/architecture.md.

/** The directories at the top that hold code of the package. */
const rooms = "^(kernel|magics|profiler|report|runner|cli)/";

/** What the executor's main thread and its guard start from. */
const executorProcess = "^kernel/executor/(main|guard)\\.ts$";

/** `from` may import, of the rooms, only itself and what `allowed` says. */
function onlyImports(name, from, allowed, comment) {
  return { name, comment, severity: "error", from: { path: from }, to: { path: rooms, pathNot: allowed } };
}

module.exports = {
  forbidden: [
    onlyImports(
      "kernel-imports-only-itself",
      "^kernel/",
      ["^kernel/"],
      "The kernel knows no magic, no report and no runner: magics wrap its interpreter, so that the kernel can be tested and replaced without them.",
    ),
    onlyImports(
      "protocol-imports-nothing",
      "^kernel/protocol/",
      ["^kernel/protocol/"],
      "The words that everyone shares must not pull the rest of the kernel along.",
    ),
    {
      name: "executor-process-loads-only-protocol",
      comment:
        "The executor process holds the user's data and nothing else: what is loaded beside it spoils every measurement.",
      severity: "error",
      from: { path: executorProcess },
      to: { path: rooms, pathNot: ["^kernel/executor/", "^kernel/protocol/"], reachable: true },
    },
    onlyImports(
      "magics-imports",
      "^magics/",
      ["^magics/", "^profiler/", "^report/", "^kernel/(interpreter|errors)\\.ts$", "^kernel/protocol/"],
      "A magic sees its own cell, takes a measurement and shows a report; of the kernel it knows the seam only, so that it can be tested without sockets.",
    ),
    onlyImports(
      "report-imports",
      "^report/",
      ["^report/", "^profiler/", "^kernel/protocol/"],
      "A report is a pure function of measured data: the same data gives the same bundle, wherever it is made.",
    ),
    onlyImports(
      "profiler-imports-nothing",
      "^profiler/",
      ["^profiler/"],
      "Measurements are plain data, usable outside a kernel; the shapes that the kernel offers are repeated structurally.",
    ),
    onlyImports(
      "runner-imports",
      "^runner/",
      ["^runner/", "^report/", "^profiler/", "^kernel/protocol/"],
      "The runner talks to any kernel by messages: it must not reach into ours.",
    ),
    {
      name: "only-the-cli-puts-rooms-together",
      comment: "Commands are the top of the house: nothing but the tests and the package's own door may stand on them.",
      severity: "error",
      from: { path: rooms, pathNot: "^cli/" },
      to: { path: ["^cli/", "^index\\.ts$"] },
    },
    {
      name: "shipped-code-imports-no-tooling",
      comment: "Tests, benchmarks, scripts and notebooks are not in the package.",
      severity: "error",
      from: { path: [rooms, "^index\\.ts$"] },
      to: { path: "^(test|bench|scripts|notebooks)/" },
    },
    {
      name: "shipped-code-uses-no-dev-dependency",
      comment: "Whoever installs the package does not get the development dependencies.",
      severity: "error",
      from: { path: [rooms, "^index\\.ts$"] },
      to: { dependencyTypes: ["npm-dev"], dependencyTypesNot: ["type-only", "npm-peer"] },
    },
    {
      name: "only-one-file-knows-tslab",
      comment: "tslab is reached by deep imports and pinned exactly: one file holds all that depends on its insides.",
      severity: "error",
      from: { pathNot: "^kernel/language/tslab\\.ts$" },
      to: { path: "(^|/)node_modules/(tslab|@tslab)/" },
    },
    {
      name: "only-socket-owners-use-zeromq",
      comment: "A socket has one owner, who sends one message at a time and closes it: no one else may open one.",
      severity: "error",
      from: {
        pathNot: [
          "^kernel/channels\\.ts$",
          "^profiler/sample-socket\\.ts$",
          "^runner/zmq-kernel\\.ts$",
          "^(test|bench)/",
        ],
      },
      to: { path: "(^|/)node_modules/zeromq/" },
    },
    {
      name: "report-uses-no-node-module",
      comment: "Rendering is pure and runs anywhere, also in a browser.",
      severity: "error",
      from: { path: "^report/" },
      to: { dependencyTypes: ["core"] },
    },
    {
      name: "executor-process-loads-no-compiler-and-no-zeromq",
      comment:
        "The compiler holds about 220 MB and allocates on every cell; a socket's thread allocates beside the cell.",
      severity: "error",
      from: { path: executorProcess },
      to: { path: "(^|/)node_modules/(typescript|tslab|@tslab|zeromq)/", reachable: true },
    },
    {
      name: "no-cycles",
      comment:
        "Two files that need each other are one idea, or hide a third. Types alone may point back: they are gone at run time.",
      severity: "error",
      from: {},
      to: { circular: true, viaOnly: { dependencyTypesNot: ["type-only"] } },
    },
    {
      name: "no-orphans",
      comment:
        "A file that nothing imports, and that imports nothing, is either dead or started by a path that stands here.",
      severity: "error",
      from: {
        orphan: true,
        pathNot: [
          "\\.d\\.ts$",
          "^[^/]+\\.(js|cjs|mjs|ts)$",
          "^(scripts|bench|test|notebooks)/",
          "^cli/commands/",
          "^profiler/probe/",
          "^kernel/executor/guard\\.ts$",
        ],
      },
      to: {},
    },
    {
      name: "no-unresolvable",
      comment: "An import that resolves to nothing fails when it is run.",
      severity: "error",
      from: {},
      to: { couldNotResolve: true },
    },
  ],
  options: {
    doNotFollow: { path: "node_modules" },
    exclude: { path: "^(dist|out|\\.venv|\\.cache|\\.git|notebooks/data)/" },
    tsConfig: { fileName: "tsconfig.json" },
    // `import type` crosses no room at run time, but it is a dependency of the design all the same.
    tsPreCompilationDeps: true,
    combinedDependencies: false,
    enhancedResolveOptions: {
      exportsFields: ["exports"],
      conditionNames: ["import", "require", "node", "default", "types"],
    },
  },
};
