/** A reading, or the reason there is none. "Could not be read" is never a zero. */
export type Measured<T> = { readonly value: T } | { readonly missing: string };
