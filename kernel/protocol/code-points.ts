// Positions in code: Jupyter counts Unicode code points, JavaScript UTF-16 units.

/** The UTF-16 offset of a position that is counted in code points; positions outside are moved to the nearest end. */
export function toUtf16Offset(code: string, codePoints: number): number {
  let offset = 0;
  for (let count = 0; count < codePoints && offset < code.length; count++) {
    offset += isPair(code, offset) ? 2 : 1;
  }
  return offset;
}

/** The number of code points before a UTF-16 offset; an offset inside a character counts that character. */
export function toCodePoints(code: string, utf16Offset: number): number {
  let count = 0;
  for (let offset = 0; offset < utf16Offset && offset < code.length; count++) {
    offset += isPair(code, offset) ? 2 : 1;
  }
  return count;
}

function isPair(code: string, offset: number): boolean {
  return (code.codePointAt(offset) ?? 0) > 0xffff;
}
