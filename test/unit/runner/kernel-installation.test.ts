import { expect, test } from "vitest";
import { describeInstallation } from "../../../runner/kernel-installation.js";

test.each([
  ["python3", /pip install ipykernel/],
  ["Deno", /deno jupyter --install/],
  ["tslab", /tslab install/],
  ["cellscope-js", /cellscope install/],
  ["no-such-kernel", /choose another one with --kernel NAME/],
])("%s is installed by what makes it known to Jupyter", (name, expected) => {
  expect(describeInstallation(name)).toMatch(expected);
});
