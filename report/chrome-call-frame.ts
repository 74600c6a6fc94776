/** A function in the files of Chrome's profilers. Lines and columns count from 0, -1 is none. */
export interface ChromeCallFrame {
  readonly functionName: string;
  readonly scriptId: string;
  readonly url: string;
  readonly lineNumber: number;
  readonly columnNumber: number;
}
