/** A parameter that a notebook's parameters cell declares. */
export interface DeclaredParameter {
  readonly name: string;
  /** As it is written there. */
  readonly type?: string;
  /** Its default, when that is a literal. */
  readonly value?: unknown;
}

/** How parameters are read and written in one language. */
export interface ParameterLanguage {
  /** What starts a comment. */
  readonly comment: string;
  readonly findDeclared: (source: string) => Promise<readonly DeclaredParameter[]>;
  readonly formatAssignment: (name: string, value: unknown, type: string | undefined) => string;
}
