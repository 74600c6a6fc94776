/** How kernels that people often have are made known to Jupyter, by the beginning of their names. */
const installations: readonly (readonly [RegExp, string])[] = [
  [/^cellscope/, "cellscope install"],
  [/^(?:python|ipykernel|py3|conda)/, "python3 -m pip install ipykernel && python3 -m ipykernel install --user"],
  [/^(?:tslab|jslab)$/, "npm install -g tslab && tslab install"],
  [/^deno/, "deno jupyter --install"],
  [/^ir$/, "R -e 'install.packages(\"IRkernel\"); IRkernel::installspec()'"],
  [/^julia/, "julia -e 'using Pkg; Pkg.add(\"IJulia\")'"],
  [/^xcpp|^xeus/, "conda install -c conda-forge xeus-cling"],
  [/^evcxr|^rust$/, "cargo install evcxr_jupyter && evcxr_jupyter --install"],
  [/^bash$/, "python3 -m pip install bash_kernel && python3 -m bash_kernel.install"],
];

/** How to install the kernel of a name, as a sentence. Pure. */
export function describeInstallation(name: string): string {
  const command = installations.find(([pattern]) => pattern.test(name.toLowerCase()))?.[1];
  return command === undefined
    ? 'Install it, so that "jupyter kernelspec list" shows it, or choose another one with --kernel NAME.'
    : `Install it with: ${command}`;
}
