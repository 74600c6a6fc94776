import { expect, test } from "vitest";
import { maskArguments } from "../../../../profiler/system/mask.js";

test.each([
  ["jupyter lab --NotebookApp.token=hunter2 --port 8888", "jupyter lab --NotebookApp.token=*** --port 8888"],
  ["psql --password hunter2 books", "psql --password *** books"],
  ["app --token --verbose", "app --token --verbose"],
  ["mysql -uada -phunter2 books", "mysql -uada -p*** books"],
  ["env AWS_SECRET_ACCESS_KEY=abc node x.js", "env AWS_SECRET_ACCESS_KEY=*** node x.js"],
  ["psql postgres://you:hunter2@db:5432/books", "psql postgres://***@db:5432/books"],
  ["curl https://api.example/v1?api_key=abc&page=2", "curl https://api.example/v1?api_key=***&page=2"],
  ["curl -H Authorization:Bearer", "curl -H Authorization:***"],
  ["login ghp_16C7e42F292c6912E7710c838347Ae178B4a", "login ***"],
  ["run 8f14e45fceea167a5a36dedd4bea2543aa", "run ***"],
  // What has no secret is shown as it is: paths, kernels, hosts.
  ["node /opt/cellscope/dist/cli/main.cjs kernel", "node /opt/cellscope/dist/cli/main.cjs kernel"],
  [
    "node k.cjs -f /run/kernel-0a1b2c3d-4e5f-6789-abcd-ef0123456789.json",
    "node k.cjs -f /run/kernel-0a1b2c3d-4e5f-6789-abcd-ef0123456789.json",
  ],
  ["ssh host:22", "ssh host:22"],
])("%s is shown as %s", (given, shown) => {
  expect(maskArguments(given.split(" ")).join(" ")).toBe(shown);
});

test("a script that a shell is given is a command line of its own", () => {
  const script = "export API_TOKEN=abc; curl -H 'Authorization: Bearer abc.def' x";
  expect(maskArguments(["sh", "-c", script]).join(" ")).not.toMatch(/abc/);
});

test("an authorization header in one argument does not show its token", () => {
  expect(maskArguments(["curl", "-H", "Authorization: Bearer abc.def"]).join(" ")).not.toContain("abc");
  expect(maskArguments(["curl", "-H", "X-Api-Key: abc"]).join(" ")).not.toContain("abc");
});
