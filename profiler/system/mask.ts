// Command lines are shown in notebooks that others read: what looks like a secret is not shown.

const secretNames =
  /(pass(word|wd|phrase|code)?|pwd|token|secret|api-?_?key|access-?_?key|private-?_?key|auth(orization)?|credentials?|bearer|cookie|session-?_?id|signature|sig|connection-?_?string|dsn)$/i;
/** The beginnings of tokens that services give out. */
const knownTokens =
  /^(gh[opsur]_|github_pat_|glpat-|sk-|pk_live_|sk_live_|xox[abeoprs]-|AKIA|ASIA|AIza|eyJ|npm_|pypi-|hf_|dop_v1_|SG\.)/;
const longAndRandom = /^(?=[^\s]*\d)(?=[^\s]*[A-Za-z])[A-Za-z0-9+_=-][A-Za-z0-9+/_=-]{23,}$/;
const mask = "***";

/** Puts `***` in the place of every argument, or part of one, that looks like a secret. */
export function maskArguments(args: readonly string[]): readonly string[] {
  const program = (args[0] ?? "").split("/").at(-1) ?? "";
  let hidesNext = false;
  return args.map((arg) => {
    const isScheme = /^(bearer|basic)$/i.test(arg);
    const hide = hidesNext && !isScheme && !/^--?[a-z]/i.test(arg);
    hidesNext = isScheme;
    if (hide) return mask;
    // A script that is given to a shell, or a title that a process gave itself, is a command line of its own.
    if (/\s/.test(arg)) return maskWords(arg);
    if (/^(mysql|mariadb)/.test(program) && /^-p./.test(arg)) return `-p${mask}`;
    const [, name, value] = /^([^=:]+)[=:](.*)$/s.exec(arg) ?? [];
    if (name !== undefined && value !== undefined && !value.startsWith("//")) {
      hidesNext = value === "" && isSecretName(name);
      if (isSecretName(name)) return value === "" ? arg : `${name}${arg[name.length] ?? "="}${mask}`;
      return `${name}${arg[name.length] ?? "="}${maskValue(value)}`;
    }
    hidesNext = isScheme || (/^-/.test(arg) && isSecretName(arg));
    return maskValue(arg);
  });
}

function maskWords(text: string): string {
  const words = text.split(/(\s+)/);
  const masked = maskArguments(words.filter((_, index) => index % 2 === 0).map(unquoted));
  return words.map((word, index) => (index % 2 === 0 ? (masked[index / 2] ?? mask) : word)).join("");
}

function unquoted(word: string): string {
  return word.replace(/^["']|["';,]+$/g, "");
}

function isSecretName(name: string): boolean {
  return secretNames.test(name.replace(/^-+/, "").replace(/[.[\]"']+$/g, ""));
}

function maskValue(value: string): string {
  if (/^[a-z][a-z0-9+.-]*:\/\//i.test(value)) return maskUrl(value);
  return knownTokens.test(value) || longAndRandom.test(value) ? mask : value;
}

function maskUrl(url: string): string {
  return url
    .replace(/:\/\/[^/@\s]*@/, `://${mask}@`)
    .replace(/([?&#;])([^=&#;]+)=([^&#;]+)/g, (whole, separator: string, name: string, value: string) =>
      isSecretName(name) || knownTokens.test(value) || longAndRandom.test(value)
        ? `${separator}${name}=${mask}`
        : whole,
    );
}
