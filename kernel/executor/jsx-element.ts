// Elements that JSX makes, shown as what they look like.
type Load = (id: string) => unknown;

const reactTypes = [Symbol.for("react.element"), Symbol.for("react.transitional.element")];

/**
 * The HTML of an element of Preact or React, made by the package that the notebook has for it; `undefined` for all
 * other values, and without such a package.
 */
export function renderElement(value: unknown, load: Load): string | undefined {
  if (typeof value !== "object" || value === null) return undefined;
  if (isReactElement(value)) return call(load, "react-dom/server", "renderToStaticMarkup", value);
  return isPreactElement(value) ? call(load, "preact-render-to-string", "renderToString", value) : undefined;
}

function isReactElement(value: object): boolean {
  return "$$typeof" in value && reactTypes.includes(value.$$typeof as symbol);
}

/** Preact marks its elements by a constructor that is none: what comes out of JSON cannot have it. */
function isPreactElement(value: object): boolean {
  const isMarked = Object.hasOwn(value, "constructor") && typeof value.constructor !== "function";
  return isMarked && "type" in value && "props" in value && "__v" in value;
}

function call(load: Load, id: string, name: string, element: object): string | undefined {
  let module: Readonly<Record<string, unknown>>;
  try {
    module = load(id) as Readonly<Record<string, unknown>>;
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "MODULE_NOT_FOUND") return undefined;
    throw error;
  }
  const render = module[name] as (element: object) => unknown;
  return String(render(element));
}
