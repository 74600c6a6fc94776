/** Puts the chunks of a text stream together again and hands out whole lines, without their ends. */
export class LineReader {
  private rest = "";

  /** Takes the next text of the stream; returns the lines that are whole by now. */
  push(text: string): readonly string[] {
    const lines = (this.rest + text).split("\n");
    this.rest = lines.pop() ?? "";
    return lines.filter((line) => line !== "");
  }
}
