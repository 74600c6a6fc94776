// What the page's parts are made with: text is always text, never markup.

type Attributes = Readonly<Record<string, string | number | undefined>>;

/** Makes an element; an attribute that is `undefined` is left out. */
export function element<K extends keyof HTMLElementTagNameMap>(
  tag: K,
  attributes: Attributes = {},
  ...children: readonly (Node | string)[]
): HTMLElementTagNameMap[K] {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes))
    if (value !== undefined) made.setAttribute(name, String(value));
  made.append(...children);
  return made;
}

/** A share of one as CSS has it. */
export function percent(share: number): string {
  return `${Math.round(share * 1e5) / 1e3}%`;
}
